//! The command: arguments in, exit status out.

mod app;
mod cli;
mod config;
mod fallback;
mod live;
mod messages;
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod privilege;
mod progress;
mod signals;
#[cfg(feature = "top")]
mod top;

use std::process::ExitCode;

use clap::Parser;

use app::Status;

fn main() -> ExitCode {
    // Usage errors and --help end here, with status 2 and 0.
    let cli = cli::Cli::parse();
    let config = match config::Config::new(cli) {
        Ok(config) => config,
        Err(error) => {
            messages::complain(&format!("{error:#}"));
            return Status::Usage.into();
        }
    };
    match app::run(config) {
        Ok(status) => status.into(),
        Err(error) => {
            messages::complain(&format!("{error:#}"));
            Status::Failed.into()
        }
    }
}
