use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A LibreOffice with a profile of its own, so that tests at the same time do not meet.
pub(crate) struct LibreOffice {
    place: TempDir,
}

impl LibreOffice {
    pub(crate) fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap() }
    }

    /// Puts a file where it can be opened.
    pub(crate) fn keep(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.place.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Opens a file, saves it in another form, and gives what was saved. A form is a file extension, and behind a colon
    /// LibreOffice's name of the filter and its options.
    pub(crate) fn save_as(&self, file: &Path, form: &str) -> Vec<u8> {
        let saved = self.place.path().join("saved");
        let profile = format!("-env:UserInstallation=file://{}", self.place.path().join("profile").display());
        let mut soffice = Command::new("soffice");
        soffice.arg(profile).args(["--headless", "--convert-to", form, "--outdir"]).arg(&saved).arg(file);
        let output = soffice.output();
        let output = output.expect("LibreOffice is needed (soffice): run scripts/setup-libreoffice");
        let extension = form.split(':').next().unwrap();
        let path = saved.join(file.file_stem().unwrap()).with_extension(extension);
        let bytes = fs::read(&path).unwrap_or_else(|_| panic!("{form}: {}", String::from_utf8_lossy(&output.stderr)));
        fs::remove_file(path).unwrap();
        bytes
    }
}
