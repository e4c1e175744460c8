//! `signline serve` and `signline migrate`.

use tokio::signal::unix::Signal;

use crate::bootstrap;
use crate::bootstrap::Service;
use crate::cli::signals;
use crate::config::Settings;

pub(super) async fn serve(settings: &Settings, hangups: Signal) -> Result<(), String> {
    let stop = signals::stop()?;
    let service = Service::open(settings).await.map_err(|error| error.to_string())?;
    service.read_again_at(hangups).run(stop).await.map_err(|error| error.to_string())
}

pub(super) async fn migrate(settings: &Settings) -> Result<(), String> {
    let stores = bootstrap::open_stores(settings).await.map_err(|error| error.to_string())?;
    stores.health.close().await;
    Ok(())
}
