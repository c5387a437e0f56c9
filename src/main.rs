//! The command: arguments in, exit status out.

mod app;
mod cli;
mod config;
mod fallback;
mod live;
mod messages;
mod observer;
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod privilege;
mod progress;
mod resolve;
mod signals;
mod sinks;
#[cfg(feature = "top")]
mod top;

use std::process::ExitCode;

use clap::Parser;

use app::Status;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        // Usage errors end here, with status 2; --help and --version where they were written.
        Err(error) if error.use_stderr() => error.exit(),
        Err(asked) => return ended(app::listed(asked.print())),
    };
    if cli.resolver_process {
        let (run_as, sandbox) = config::confinement(&cli);
        return ended(resolve::process::serve(&run_as, sandbox, cli.verbose > 0));
    }
    let config = match config::Config::new(&cli) {
        Ok(config) => config,
        Err(error) => {
            messages::complain(&format!("{error:#}"));
            return Status::Usage.into();
        }
    };
    ended(app::run(config))
}

fn ended(run: anyhow::Result<Status>) -> ExitCode {
    let status = run.unwrap_or_else(|error| {
        messages::complain(&format!("{error:#}"));
        Status::Failed
    });
    status.into()
}
