//! The web console: its packages, its build, and its tests with and without a browser.

use std::process::Command;

use crate::machine;
use crate::process::{find, run as run_shown};
use crate::report::Part;

/// Where it lies.
const FOLDER: &str = "host/console";
/// The browser, and letters for the languages that it shows.
const BROWSER: &str = "chromium";
const FONTS: [(&str, &str); 2] = [
    ("/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf", "fonts-noto-core"),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk"),
];

/// Builds it into `host/console/dist`; the next build of the binary takes it in.
pub(crate) fn build() -> Result<(), String> {
    machine::npm_packages(FOLDER)?;
    npm("build")
}

/// Types, style, words in every language, the size of each page.
pub(crate) fn check(part: &mut Part) {
    part.ran = "types, lints, build and tests of the console".into();
    if let Err(message) = machine::npm_packages(FOLDER) {
        part.skipped.push(format!("console: {message}"));
        return;
    }
    for script in ["build", "check", "test"] {
        match npm(script) {
            Ok(()) => part.passed += 1,
            Err(message) => part.fail(script, &message),
        }
    }
}

/// The console in a browser, against the binary that was built.
pub(crate) fn browse(part: &mut Part) {
    part.ran = "the console in Chromium".into();
    let ready = machine::npm_packages(FOLDER)
        .and_then(|()| machine::debian(|| find(BROWSER).is_some(), BROWSER))
        .and_then(|()| {
            FONTS
                .iter()
                .try_for_each(|(file, package)| machine::debian(|| std::path::Path::new(file).is_file(), package))
        });
    if let Err(message) = ready {
        part.skipped.push(format!("browser: {message}"));
        return;
    }
    match npm("browser") {
        Ok(()) => part.passed += 1,
        Err(message) => part.fail("browser", &message),
    }
}

fn npm(script: &str) -> Result<(), String> {
    run_shown(Command::new("npm").args(["run", "--silent", script]).current_dir(FOLDER))
}
