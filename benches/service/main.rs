//! The whole service, measured: docs/benchmarks.md tells how to read what it prints.
//!
//! The service runs in a process of its own, for the loads on one core. The load comes from another. Whatever is compared is
//! measured in turns in one run, because machines are noisy: compare the ratios, not the figures of two machines.

#![expect(clippy::disallowed_methods, reason = "what is measured is the machine's own time")]

mod answer;
mod bare;
mod callgrind;
mod company;
mod cores;
mod crowd;
mod figures;
mod flood;
mod gateways;
mod hold;
mod imports;
mod instructions;
mod load;
mod openssl;
mod pool;
mod process;
mod psql;
mod scale;
mod service;
mod settings;
mod sign_ins;
mod start_up;
mod table;
mod throughput;
mod tokens;

use std::error::Error;

use entra_sim::{Config, Simulator};

use crate::cores::Cores;
use crate::pool::Pool;
use crate::settings::Settings;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Rounds of each row; the table has the medians.
const ROUNDS: usize = 5;

/// What every part needs.
struct Bench {
    settings: Settings,
    cores: Cores,
    /// One for all services, so that tokens can be minted once.
    entra: Simulator,
}

fn main() -> Result<()> {
    if let Some(served) = bare::serve_if_told() {
        return served;
    }
    actix_web::rt::System::new().block_on(run())
}

async fn run() -> Result<()> {
    let bench =
        Bench { settings: Settings::read()?, cores: Cores::find()?, entra: Simulator::start(Config::sample()).await? };
    let has = |part| bench.settings.has(part);
    if has("throughput") || has("flood") {
        let pool = Pool::mint(&bench)?;
        if has("throughput") {
            throughput::run(&bench, &pool).await?;
        }
        if has("flood") {
            flood::run(&bench, &pool).await?;
        }
    }
    if has("gateways") {
        gateways::run(&bench).await?;
    }
    if has("crowd") {
        crowd::run(&bench).await?;
    }
    if has("start") {
        start_up::run(&bench).await?;
    }
    if has("hold") {
        hold::run(&bench).await?;
    }
    if has("imports") {
        imports::run(&bench).await?;
    }
    if has("scale") {
        scale::run(&bench).await?;
    }
    if let Some(folder) = &bench.settings.counts {
        instructions::run(&bench, folder).await?;
    }
    Ok(())
}
