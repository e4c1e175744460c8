//! A browser with a profile and a download folder of its own, which trusts the simulator's certificate and no other.

use std::ffi::OsStr;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::app::TIMEOUT;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

use crate::driver::Driver;

/// How often is looked whether what is waited for has come.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// How wide and high a page is, in CSS pixels.
pub(crate) const USUAL: (u32, u32) = (1200, 820);

/// That of a telephone.
pub(crate) const NARROW: (u32, u32) = (390, 844);

/// Without these it asks Google's hosts for this and that at every start, and draws scroll bars into pictures.
const QUIET: [&str; 10] = [
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// A running browser; gone when dropped.
pub(crate) struct Browser {
    pub(crate) web: WebDriver,
    driver: Driver,
    folder: TempDir,
}

impl Browser {
    /// Starts one that trusts the certificate whose public key has this print.
    pub(crate) async fn start(key_print: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("downloads");
        fs::create_dir(&downloads).unwrap();
        let capabilities = capabilities(key_print, folder.path(), &downloads).unwrap();
        let driver = Driver::start();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let web = WebDriver::builder(driver.base(), capabilities).client(client).connect().await;
        let web = web.expect("Chromium does not start: run scripts/setup-chromium");
        let browser = Self { web, driver, folder };
        browser.resize(USUAL).await;
        browser
    }

    pub(crate) async fn open(&self, url: &str) {
        self.web.goto(url).await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.web.refresh().await.unwrap();
    }

    /// What a script gives back.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.web.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// A command of the developer tools' protocol.
    pub(crate) async fn command(&self, name: &str, parameters: Value) -> WebDriverResult<Value> {
        self.web.cdp().send_raw(name, parameters).await
    }

    /// Lays the page out for a window of this size.
    pub(crate) async fn resize(&self, (width, height): (u32, u32)) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
    }

    /// Prefers light or dark.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command("Emulation.setEmulatedMedia", json!({ "features": features })).await.unwrap();
    }

    /// Writes a file for an upload.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The content of the next file that is downloaded, with its name; it is taken away.
    pub(crate) async fn downloaded(&self) -> (String, Vec<u8>) {
        let path = self.until("a file is downloaded", async || Ok(self.whole_download())).await;
        let content = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), content)
    }

    /// While a download goes on there is a second file beside its place.
    fn whole_download(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.folder.path().join("downloads")).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        let goes_on = |path: &PathBuf| {
            let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            ["crdownload", "tmp"].contains(&ending)
                || path.file_name().is_none_or(|name| name.as_encoded_bytes()[0] == b'.')
        };
        if files.iter().any(goes_on) { None } else { files.into_iter().next() }
    }

    /// Waits until there is what is looked for. Errors count as not yet: a page that changes loses its elements.
    pub(crate) async fn until<T, F>(&self, what: &str, look: impl Fn() -> F) -> T
    where
        F: Future<Output = WebDriverResult<Option<T>>>,
    {
        let begun = Instant::now();
        loop {
            let looked = look().await;
            if let Ok(Some(found)) = looked {
                return found;
            }
            let last = looked.err().map(|error| format!(" ({error})")).unwrap_or_default();
            assert!(begun.elapsed() < TIMEOUT, "waited in vain: {what}{last}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.driver.end_session(&self.web.session_id().to_string());
        // Nothing is left that it could end.
        drop(self.web.clone().leak());
    }
}

fn capabilities(key_print: &str, folder: &Path, downloads: &Path) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in QUIET {
        capabilities.add_arg(argument)?;
    }
    // Chromium's own sandbox refuses to work for root.
    if rustix::process::geteuid().is_root() {
        capabilities.add_arg("--no-sandbox")?;
    }
    capabilities.add_arg(&format!("--ignore-certificate-errors-spki-list={key_print}"))?;
    capabilities.add_arg(&format!("--user-data-dir={}", folder.join("profile").display()))?;
    let preferences = json!({"download.default_directory": downloads, "download.prompt_for_download": false});
    capabilities.add_experimental_option("prefs", preferences)?;
    capabilities.set_logging_prefs("browser", LoggingPrefsLogLevel::All)?;
    capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}
