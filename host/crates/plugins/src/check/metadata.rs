//! What a component says about itself without being run: the standard metadata sections.

use cartwright_domain::shop::PluginRef;
use cartwright_engine::ports::{CheckStage, PluginRejection};
use wasm_metadata::{ComponentNames, Producers};
use wasmparser::{Parser, Payload};

use super::Version;
use crate::failure::reject;

/// The sections of a component. Where the component has one itself, that counts; else the first one inside it,
/// because the linkers of languages write them into the core module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) authors: Option<String>,
    pub(crate) source: Option<String>,
    /// The tools that made it, such as `rustc 1.95.0`.
    pub(crate) made_with: Vec<String>,
    /// It is put together from shared libraries, as Python's interpreter is.
    pub(crate) of_libraries: bool,
}

/// Whether the file can be read to its end.
pub(super) fn whole(component: &[u8]) -> Result<(), PluginRejection> {
    for payload in Parser::new(0).parse_all(component) {
        payload.map_err(|error| {
            let (text, at) = (error.message(), error.offset());
            let size = component.len();
            reject(
                CheckStage::File,
                format!("the file is cut off or damaged: {text} (byte {at} of {size}); upload it again"),
            )
        })?;
    }
    Ok(())
}

/// Reads the sections; what cannot be read is not there.
pub(crate) fn read(component: &[u8]) -> Metadata {
    let (mut own, mut inner) = (Metadata::default(), Metadata::default());
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::CustomSection(section)) => {
                let target = if depth == 0 { &mut own } else { &mut inner };
                target.take(section.name(), section.data(), section.data_offset());
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    own.or(inner)
}

impl Metadata {
    fn take(&mut self, section: &str, data: &[u8], offset: usize) {
        let text = || std::str::from_utf8(data).ok().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        match section {
            "cartwright:name" => self.name = self.name.take().or_else(text),
            "component-name" => {
                let names = ComponentNames::from_bytes(data, offset).ok();
                self.name = self.name.take().or_else(|| names?.get_name().cloned());
            }
            "version" => self.version = self.version.take().or_else(text),
            "licenses" => self.licence = self.licence.take().or_else(text),
            "description" => self.description = self.description.take().or_else(text),
            "authors" => self.authors = self.authors.take().or_else(text),
            "source" => self.source = self.source.take().or_else(text),
            "dylink.0" => self.of_libraries = true,
            "producers" => {
                let Ok(producers) = Producers::from_bytes(data, offset) else { return };
                for (tool, version) in producers.get("processed-by").iter().flat_map(|field| field.iter()) {
                    let tool = format!("{tool} {version}");
                    if !self.made_with.contains(&tool) {
                        self.made_with.push(tool);
                    }
                }
            }
            _ => {}
        }
    }

    fn or(mut self, inner: Self) -> Self {
        self.made_with.extend(inner.made_with);
        self.made_with.dedup();
        Self {
            name: self.name.or(inner.name),
            version: self.version.or(inner.version),
            licence: self.licence.or(inner.licence),
            description: self.description.or(inner.description),
            authors: self.authors.or(inner.authors),
            source: self.source.or(inner.source),
            made_with: self.made_with,
            of_libraries: self.of_libraries || inner.of_libraries,
        }
    }

    /// Name and version, which every plugin must have.
    pub(crate) fn identity(&self) -> Result<(String, String), PluginRejection> {
        let refuse = |message: String| reject(CheckStage::Metadata, message);
        let how = "add it with `wasm-tools metadata add`, or build with the SDK, which takes it from the package";
        let name = self.name.as_ref().ok_or_else(|| refuse(format!("the component has no name; {how}")))?;
        let version = self.version.as_ref().ok_or_else(|| refuse(format!("the component has no version; {how}")))?;
        match PluginRef::try_from(name.clone()) {
            Ok(PluginRef { major: None, .. }) if name.len() <= 100 => {}
            Ok(_) => return Err(refuse(format!("the name `{name}` must have no @ and at most 100 characters"))),
            Err(why) => return Err(refuse(why)),
        }
        if Version::parse(version).is_none() {
            return Err(refuse(format!("the version `{version}` is not of the form 1.2.3")));
        }
        Ok((name.clone(), version.clone()))
    }

    /// Whether it is an interpreter with a program inside: those import all of WASI, whatever the program uses.
    pub(crate) fn is_interpreter(&self) -> bool {
        self.of_libraries || self.made_with.iter().any(|tool| tool.starts_with("componentize-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, version: &str) -> Result<(String, String), String> {
        let metadata =
            Metadata { name: Some(name.to_owned()), version: Some(version.to_owned()), ..Metadata::default() };
        metadata.identity().map_err(|why| why.to_string())
    }

    #[test]
    fn a_plugin_has_a_name_and_a_version() {
        assert_eq!(named("high-value", "1.2.3").unwrap().0, "high-value");
        assert!(named("high value", "1.2.3").unwrap_err().starts_with("metadata: `high value` is no plugin name"));
        assert!(named("high-value@1", "1.2.3").is_err());
        assert_eq!(named("a", "1.2").unwrap_err(), "metadata: the version `1.2` is not of the form 1.2.3");
        assert!(Metadata::default().identity().unwrap_err().message.contains("wasm-tools metadata add"));
    }

    /// A component with one core module, which is empty but for a custom section of this name.
    fn with_module_section(name: &str) -> Vec<u8> {
        let length = u8::try_from(name.len()).unwrap();
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([0, length + 1, length]);
        module.extend(name.as_bytes());
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend([1, u8::try_from(module.len()).unwrap()]);
        component.extend(module);
        component
    }

    #[test]
    fn s41_an_interpreter_is_known_by_its_tool_or_its_shared_libraries() {
        assert!(read(&with_module_section("dylink.0")).is_interpreter());
        assert!(!read(&with_module_section("name")).is_interpreter());
        let javascript = Metadata { made_with: vec!["componentize-qjs 0.4.5".to_owned()], ..Metadata::default() };
        assert!(javascript.is_interpreter());
    }
}
