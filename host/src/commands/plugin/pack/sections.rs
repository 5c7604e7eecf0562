//! The metadata sections of a component: `cartwright:name`, and those of the component metadata conventions.

use super::manifest::Manifest;

/// The id of a custom section.
const CUSTOM: u8 = 0;
/// `\0asm` and the version.
const HEADER: usize = 8;

impl Manifest {
    /// Each field that is said, under the name of its section.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("cartwright:name", &self.name),
            ("version", &self.version),
            ("licenses", &self.licence),
            ("description", &self.description),
            ("authors", &self.authors),
            ("source", &self.source),
        ];
        fields.into_iter().filter_map(|(section, text)| Some((section, text.as_deref()?)))
    }
}

/// One section of a component, outermost level.
struct Section<'a> {
    id: u8,
    /// With its id and length.
    whole: &'a [u8],
    content: &'a [u8],
}

impl<'a> Section<'a> {
    /// Name and content of a custom section.
    fn custom(&self) -> Option<(&'a str, &'a [u8])> {
        if self.id != CUSTOM {
            return None;
        }
        let (length, used) = number(self.content)?;
        let rest = self.content.get(used..)?;
        Some((std::str::from_utf8(rest.get(..length)?).ok()?, &rest[length..]))
    }
}

/// An unsigned LEB128 number of at most 32 bits, and how many bytes it takes.
fn number(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value, place + 1));
        }
    }
    None
}

fn push_number(bytes: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn sections(component: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut rest = component.get(HEADER..)?;
    let mut found = Vec::new();
    while let Some(&id) = rest.first() {
        let (length, used) = number(&rest[1..])?;
        let end = (1 + used).checked_add(length)?;
        let whole = rest.get(..end)?;
        found.push(Section { id, whole, content: &whole[1 + used..] });
        rest = &rest[end..];
    }
    Some(found)
}

/// Whether a core module says which world it is for.
pub(super) fn say_their_types(module: &[u8]) -> bool {
    let names = sections(module).into_iter().flatten();
    names.filter_map(|section| section.custom()).any(|(name, _)| name.starts_with("component-type"))
}

/// What a component says of itself already.
pub(super) fn read(component: &[u8]) -> Manifest {
    let mut manifest = Manifest::default();
    for (name, content) in sections(component).iter().flatten().filter_map(Section::custom) {
        let field = match name {
            "cartwright:name" => &mut manifest.name,
            "version" => &mut manifest.version,
            "licenses" => &mut manifest.licence,
            "description" => &mut manifest.description,
            "authors" => &mut manifest.authors,
            "source" => &mut manifest.source,
            _ => continue,
        };
        *field = std::str::from_utf8(content).ok().map(str::to_owned);
    }
    manifest
}

/// The component with these sections, and no others of their names.
pub(super) fn write(component: &[u8], manifest: &Manifest) -> Result<Vec<u8>, String> {
    let sections = sections(component).ok_or("the file is cut off or damaged; build it again")?;
    let replaced: Vec<&str> = manifest.fields().map(|(section, _)| section).collect();
    let mut written = component[..HEADER].to_vec();
    for section in &sections {
        if !section.custom().is_some_and(|(name, _)| replaced.contains(&name)) {
            written.extend_from_slice(section.whole);
        }
    }
    for (name, text) in manifest.fields() {
        let mut content = Vec::new();
        push_number(&mut content, name.len());
        content.extend_from_slice(name.as_bytes());
        content.extend_from_slice(text.as_bytes());
        written.push(CUSTOM);
        push_number(&mut written, content.len());
        written.extend_from_slice(&content);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_replaced_and_everything_else_stays() {
        let empty = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
        let say = |name: &str, version: &str| Manifest {
            name: Some(name.to_owned()),
            version: Some(version.to_owned()),
            ..Manifest::default()
        };
        let once = write(&empty, &say("vip", "1.0.0")).unwrap();
        let described = Manifest { description: Some("d".repeat(200)), ..Manifest::default() };
        let twice = write(&write(&once, &described).unwrap(), &say("vip", "2.0.0")).unwrap();
        assert_eq!(read(&twice), Manifest { description: described.description, ..say("vip", "2.0.0") });
        assert!(write(&once[..once.len() - 1], &say("vip", "1.0.0")).unwrap_err().contains("cut off"));
    }
}
