//! The program `kakehi`: renders templates, checks them, and shows what the engine makes of them.

mod arguments;
mod check;
mod data;
mod dump;
mod extract;
mod failure;
mod render;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Command, CommandLine};

fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Render(render) => render::run(&render),
        Command::Check(check) => check::run(&check),
        Command::Dump(dump) => dump::run(&dump),
        Command::Extract(extract) => extract::run(&extract),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
