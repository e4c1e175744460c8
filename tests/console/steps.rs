//! Steps that many stories take, click by click.

use std::path::PathBuf;

use thirtyfour::extensions::query::ElementQueryable;
use thirtyfour::{By, Key, WindowHandle};

use crate::browser::Browser;
use crate::watch;
use crate::world::World;

/// People of the simulator's sample, as its picker calls them.
pub(crate) const ADA: &str = "Ada Admin admin@abccompany.com…";
pub(crate) const BOB: &str = "Bob Smith BobSmith@abccompany.com…";
pub(crate) const OTHER_BOB: &str = "Bob Smith bobsmith@otherco.example…";
pub(crate) const OLIVE: &str = "Olive Owner admin@otherco.example…";
pub(crate) const OLGA: &str = "Olga Operator olga@telco.example…";

impl Browser {
    /// Opens the console and signs in with a key.
    pub(crate) async fn sign_in_with_key(&self, world: &World, key: &str) {
        self.open(&world.console()).await;
        self.fill("textbox", "Key", key).await;
        self.click("button", "Sign in with a key").await;
        self.the("button", "Sign out").await;
    }

    /// Opens the console and signs in with Microsoft, as somebody of the picker's page.
    pub(crate) async fn sign_in_with_microsoft(&self, world: &World, person: &str) {
        self.open(&world.console()).await;
        self.click("button", "Sign in with Microsoft").await;
        self.click("link", person).await;
        self.the("button", "Sign out").await;
    }

    /// Signs out; the page for signing in stands there again, and the tab has forgotten who was there.
    pub(crate) async fn sign_out(&self) {
        self.click("button", "Sign out").await;
        self.the("button", "Sign in with a key").await;
        watch::check_tab(self).await;
    }

    /// Goes by the tabulator to what is called so.
    pub(crate) async fn tab_to(&self, name: &str) {
        let called = "const at = document.activeElement; \
            return at.getAttribute('aria-label') ?? (at.labels?.[0] ?? at).innerText.trim()";
        for _ in 0..80 {
            self.press(Key::Tab).await;
            if self.run(called).await == name {
                return;
            }
        }
        panic!("the tabulator does not lead to {name:?}");
    }

    /// Presses a key where the focus is.
    pub(crate) async fn press(&self, key: Key) {
        self.web.active_element().await.unwrap().send_keys(key + "").await.unwrap();
    }

    /// Types where the focus is.
    pub(crate) async fn type_text(&self, text: &str) {
        self.web.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// Waits until there is another window, and goes on in it.
    pub(crate) async fn switch_to_another_window_than(&self, present: &WindowHandle) {
        let other = async || Ok(self.web.windows().await?.into_iter().find(|window| window != present));
        let other = self.until("another window opens", other).await;
        self.web.switch_to_window(other).await.unwrap();
    }

    /// Goes to a section by the navigation.
    pub(crate) async fn go_to(&self, section: &str) {
        let link = By::XPath(format!("//nav//a[normalize-space(.)='{section}']"));
        let click = async || self.web.find(link.clone()).await?.click().await.map(Some);
        self.until(&format!("there is a way to {section:?}"), click).await;
        self.the("heading", section).await;
    }

    /// Gives a sheet to the page for uploads.
    pub(crate) async fn upload(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.file(name, content);
        self.go_to("Mappings").await;
        self.web.query(By::Css("[data-test=upload]")).first().await.unwrap().click().await.unwrap();
        self.the("heading", "Upload a sheet").await;
        self.choose_file(&file).await;
        file
    }

    /// The counts of a preview: added, changed, removed, unchanged.
    pub(crate) async fn counts(&self) -> [String; 4] {
        let mut counts = [const { String::new() }; 4];
        for (count, kind) in counts.iter_mut().zip(["added", "changed", "removed", "unchanged"]) {
            *count = self.hook_text(&format!("count-{kind}")).await;
        }
        counts
    }

    /// An attribute of the one element of a hook becomes this.
    pub(crate) async fn hook_becomes(&self, hook: &str, attribute: &str, value: &str) {
        let what = format!("{attribute} of {hook} is {value:?}");
        let look = async || {
            let elements = self.hooked(hook).await;
            let Some(element) = elements.first() else { return Ok(None) };
            Ok((element.attr(attribute).await?.as_deref() == Some(value)).then_some(()))
        };
        self.until(&what, look).await;
    }
}
