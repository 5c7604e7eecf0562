//! A demo of its own for one page of the guide.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::shell::Shell;
use crate::plugins;

/// How long it may take to come up: the shipped plugins are compiled at the first start.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running demo; it ends with this value.
pub(super) struct Demo {
    service: Child,
}

impl Demo {
    /// Starts it with its files below `target/demo` of the folder, on a port of the system's choice.
    pub(super) fn start(shell: &Shell, checkout: &Path) -> Result<Self, String> {
        let data = checkout.join("target/demo");
        std::fs::create_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
        let log = std::fs::File::create(data.join("demo.log")).map_err(|error| error.to_string())?;
        let service = shell
            .command("cartwright")
            .args(["demo", "--still", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .env("CARTWRIGHT_PLUGINS_DIR", crate::root().join(plugins::FOLDER))
            .stderr(log.try_clone().map_err(|error| error.to_string())?)
            .stdout(Stdio::from(log))
            .spawn()
            .map_err(|error| format!("cartwright demo cannot be run: {error}"))?;
        let mut demo = Self { service };
        // It listens before it writes this file.
        let (file, started) = (data.join("try.sh"), Instant::now());
        while !file.is_file() {
            if started.elapsed() > PATIENCE || !matches!(demo.service.try_wait(), Ok(None)) {
                let log = std::fs::read_to_string(data.join("demo.log")).unwrap_or_default();
                return Err(format!("the demo did not come up\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}
