//! Writes the hostile kit into a folder, one file for each component: `hostile-guests FOLDER`.

#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "a command says why it ended")]

use std::path::PathBuf;
use std::process::ExitCode;

use hostile_guests::kit;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("name the folder that the components are written to");
        return ExitCode::FAILURE;
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    kit::all().iter().try_for_each(|hostile| std::fs::write(folder.join(hostile.file()), (hostile.make)()))
}
