//! Plugins in each language, as their authors meet them: each example does what its README says, each
//! scaffold what it prints, and each page of the guide is typed word by word beside a running demo.
//!
//! Toolchains other than Rust come from npm and PyPI with pinned versions and are kept in `target/languages`.

mod demo;
mod shell;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::process::{ask, cargo, in_ci, run as run_shown};
use crate::report::Part;
use demo::Demo;
use shell::Shell;

/// Where everything of this part lies.
const FOLDER: &str = "target/languages";

/// A language: its name in scaffolds and examples, its page, and the programs that its commands call.
struct Language {
    name: &'static str,
    page: &'static str,
    programs: &'static [&'static str],
}

const LANGUAGES: [Language; 6] = [
    Language { name: "rust", page: "rust", programs: &["cargo", "rustup"] },
    Language { name: "js", page: "javascript", programs: &["node", "npm"] },
    Language { name: "ts", page: "typescript", programs: &["node", "npm"] },
    Language { name: "python", page: "python", programs: &["python3"] },
    Language { name: "c", page: "c", programs: &["python3", "make"] },
    Language { name: "go", page: "go", programs: &["go", "make"] },
];

pub(crate) fn check(part: &mut Part) {
    part.ran = "examples, scaffolds and guide in each language".into();
    let shell = match prepare() {
        Ok(shell) => shell,
        Err(message) => return part.fail("preparing", &message),
    };
    for language in LANGUAGES {
        if let Some(missing) = language.programs.iter().find(|program| !shell.has(program)) {
            part.skipped.push(format!("plugins in {}: no {missing} here", language.name));
            continue;
        }
        for example in ends_with(Path::new("examples"), &format!("-{}", language.name)) {
            try_out(part, &format!("examples/{example}"), || of_example(&shell, &example));
        }
        let scaffolds = PathBuf::from(format!("host/scaffolds/{}", language.name));
        // The page begins with the condition.
        for kind in ends_with(&scaffolds, "").into_iter().filter(|kind| kind != "shared" && kind != "condition") {
            try_out(part, &format!("a {kind} in {}", language.name), || of_scaffold(&shell, language.name, &kind));
        }
        let page = format!("host/docs/plugins/{}.md", language.page);
        try_out(part, &page, || of_page(&shell, language.page, &page));
    }
    if in_ci() {
        // Gigabytes that nobody looks at again; tests are to come.
        let _ = std::fs::remove_dir_all(crate::root().join(FOLDER));
    }
}

/// The command line that is tried, and a shell that finds it.
fn prepare() -> Result<Shell, String> {
    run_shown(cargo().args(["build", "--workspace", "--bins", "--tests", "--quiet"]))?;
    Shell::open(&crate::root().join(FOLDER))
}

/// One thing that is tried: it yields components, which are told with their size and the time that all of it took.
fn try_out(part: &mut Part, what: &str, attempt: impl FnOnce() -> Result<PathBuf, String>) {
    let started = Instant::now();
    match attempt() {
        Ok(component) => {
            let bytes = std::fs::metadata(&component).map(|found| found.len()).unwrap_or_default();
            println!("{bytes:>9} bytes  {:>5.1} s  {what}", started.elapsed().as_secs_f64());
            part.passed += 1;
        }
        Err(message) => part.fail(what, &message),
    }
}

/// A copy of the example, and in it what its README says.
fn of_example(shell: &Shell, example: &str) -> Result<PathBuf, String> {
    let folder = fresh(&format!("examples/{example}"))?;
    ask(Command::new("cp").arg("-R").arg(format!("examples/{example}/.")).arg(&folder))?;
    shell.run(&shell::blocks(&folder.join("README.md"))?, &folder, &[])?;
    let component = component(&folder)?;
    shell.run(&format!("cartwright plugin check {}", component.display()), &folder, &[])?;
    Ok(component)
}

/// A new project, and in it what `plugin new` says to go on with.
fn of_scaffold(shell: &Shell, language: &str, kind: &str) -> Result<PathBuf, String> {
    let folder = fresh(&format!("scaffolds/{language}"))?;
    let name = format!("try-{kind}");
    let told = shell.run(&format!("cartwright plugin new {kind} {name} --lang {language}"), &folder, &[])?;
    let commands: Vec<&str> = told.lines().skip_while(|line| *line != "go on with").skip(1).map(str::trim).collect();
    shell.run(&commands.join("\n"), &folder, &[])?;
    component(&folder.join(name))
}

/// What a page says, typed beside a demo of its own.
fn of_page(shell: &Shell, name: &str, page: &str) -> Result<PathBuf, String> {
    let folder = fresh(&format!("guide/{name}"))?;
    // The page speaks of a checkout with a running demo in it.
    let checkout = folder.join("checkout");
    let demo = Demo::start(shell, &checkout)?;
    std::os::unix::fs::symlink(crate::root().join("examples"), checkout.join("examples"))
        .map_err(|error| format!("{}: {error}", checkout.display()))?;
    let typed = shell.run(&shell::blocks(Path::new(page))?, &folder, &[("CARTWRIGHT", &checkout)]);
    drop(demo);
    typed?;
    component(&folder.join("regular-customer"))
}

/// An empty folder.
fn fresh(name: &str) -> Result<PathBuf, String> {
    let folder = crate::root().join(FOLDER).join(name);
    let failed = |error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

/// The component that was packed: the one that is not the toolchain's own.
fn component(folder: &Path) -> Result<PathBuf, String> {
    // Cargo has a place of its own for what it builds.
    let of_cargo = folder.join("target/wasm32-wasip2/release");
    let folder = if of_cargo.is_dir() { &of_cargo } else { folder };
    let files = ends_with(folder, ".wasm");
    let packed = files.iter().find(|file| *file != "built.wasm");
    packed.map(|file| folder.join(file)).ok_or_else(|| format!("{} holds no packed component", folder.display()))
}

/// The names in a folder with this end, in their order.
fn ends_with(folder: &Path, end: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| name.ends_with(end));
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A language without its page, or an example of none of them, would be tried by nobody.
    #[test]
    fn every_example_and_scaffold_is_of_a_language_that_is_tried() {
        std::env::set_current_dir(crate::root()).unwrap();
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
        for scaffold in ends_with(Path::new("host/scaffolds"), "").iter().filter(|name| !name.contains('.')) {
            assert!(known.contains(&scaffold.as_str()), "host/scaffolds/{scaffold}");
        }
        for example in ends_with(Path::new("examples"), "").iter().filter(|name| !name.contains('.')) {
            let language = example.rsplit('-').next().unwrap();
            assert!(known.contains(&language), "examples/{example}");
        }
        for language in LANGUAGES {
            let page = format!("host/docs/plugins/{}.md", language.page);
            assert!(shell::blocks(Path::new(&page)).is_ok_and(|blocks| blocks.contains("plugin install")), "{page}");
        }
    }
}
