//! Elements as people who can't see find them: by role and name, as the browser computes them for a screen reader.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, Key, WebElement};

use crate::browser::Browser;

/// By which an element that was found is handed from the tree of accessibility to the driver.
const MARK: &str = "data-found";

impl Browser {
    /// All elements of a role and a name that are shown now. A name that ends with `…` is the beginning of one.
    pub(crate) async fn all(&self, role: &str, name: &str) -> WebDriverResult<Vec<WebElement>> {
        let document = self.command("DOM.getDocument", json!({"depth": 0})).await?;
        let query = json!({"nodeId": document["root"]["nodeId"], "role": role});
        let found = self.command("Accessibility.queryAXTree", query).await?;
        let is_called = |node: &&Value| {
            let called = node["name"]["value"].as_str().unwrap_or_default();
            name.strip_suffix('…').map_or(called == name, |beginning| called.starts_with(beginning))
        };
        let nodes = found["nodes"].as_array().into_iter().flatten();
        let shown = nodes.filter(|node| node["ignored"] == false).filter(is_called);
        let mut elements = Vec::new();
        for node in shown {
            let object = self.command("DOM.resolveNode", json!({"backendNodeId": node["backendDOMNodeId"]})).await?;
            let script = |text: String| json!({"objectId": object["object"]["objectId"], "functionDeclaration": text});
            let mark = script(format!("function () {{ this.setAttribute('{MARK}', '') }}"));
            self.command("Runtime.callFunctionOn", mark).await?;
            elements.extend(self.web.find_all(By::Css(format!("[{MARK}]"))).await?);
            let unmark = script(format!("function () {{ this.removeAttribute('{MARK}') }}"));
            self.command("Runtime.callFunctionOn", unmark).await?;
        }
        Ok(elements)
    }

    /// Whether there is an element of a role and a name now.
    pub(crate) async fn has(&self, role: &str, name: &str) -> bool {
        self.all(role, name).await.is_ok_and(|found| !found.is_empty())
    }

    /// The one element of a role and a name.
    pub(crate) async fn the(&self, role: &str, name: &str) -> WebElement {
        let what = format!("there is one {role} {name:?}");
        self.until(&what, async || Ok(only(self.all(role, name).await?))).await
    }

    /// Waits until there is none any more.
    pub(crate) async fn gone(&self, role: &str, name: &str) {
        let what = format!("there is no {role} {name:?}");
        self.until(&what, async || Ok(self.all(role, name).await?.is_empty().then_some(()))).await;
    }

    /// Clicks the one element of a role and a name.
    pub(crate) async fn click(&self, role: &str, name: &str) {
        let what = format!("there is one {role} {name:?} to click");
        let click = async || {
            let Some(element) = only(self.all(role, name).await?) else { return Ok(None) };
            if !element.is_enabled().await? {
                return Ok(None);
            }
            element.click().await.map(Some)
        };
        self.until(&what, click).await;
    }

    /// Types into a field, in place of what stands there.
    pub(crate) async fn fill(&self, role: &str, name: &str, text: &str) {
        let what = format!("there is one {role} {name:?} to fill in");
        let fill = async || {
            let Some(element) = only(self.all(role, name).await?) else { return Ok(None) };
            element.send_keys(Key::Control + "a").await?;
            element.send_keys(Key::Delete + text).await?;
            Ok((element.prop("value").await?.as_deref() == Some(text)).then_some(()))
        };
        self.until(&what, fill).await;
    }

    /// The elements that a hook of the page for tests names.
    pub(crate) async fn hooked(&self, hook: &str) -> Vec<WebElement> {
        self.web.find_all(By::Css(format!("[data-test='{hook}']"))).await.unwrap()
    }

    /// The text of the one element of a hook, when it is not empty.
    pub(crate) async fn hook_text(&self, hook: &str) -> String {
        let what = format!("there is one {hook} with text");
        let look = async || {
            let Some(element) = only(self.hooked(hook).await) else { return Ok(None) };
            Ok(Some(element.text().await?).filter(|text| !text.trim().is_empty()))
        };
        self.until(&what, look).await
    }

    /// Gives the page a file, as its field for files takes it.
    pub(crate) async fn choose_file(&self, path: &Path) {
        let choose = async || {
            let Some(field) = only(self.web.find_all(By::Css("input[type=file]")).await?) else { return Ok(None) };
            field.send_keys(path.to_str().unwrap()).await.map(Some)
        };
        self.until("there is one field for files", choose).await;
    }

    /// Drops a file where the page takes one.
    pub(crate) async fn drop_file(&self, name: &str, content: &str) {
        let script = "const [name, content] = arguments; \
            const dropped = new DataTransfer(); \
            dropped.items.add(new File([content], name)); \
            const place = document.querySelector('.drop'); \
            const event = new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }); \
            return place !== null && !place.dispatchEvent(event)";
        let drop = async || {
            let taken = self.web.execute(script, vec![json!(name), json!(content)]).await?;
            Ok((*taken.json() == true).then_some(()))
        };
        self.until("there is a place to drop a file", drop).await;
    }

    /// What can be read on the page.
    pub(crate) async fn text(&self) -> String {
        self.run("return document.body ? document.body.innerText : ''").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a text can be read.
    pub(crate) async fn reads(&self, text: &str) {
        self.until(&format!("{text:?} can be read"), async || Ok(self.text().await.contains(text).then_some(()))).await;
    }

    /// Waits until a text can't be read any more.
    pub(crate) async fn reads_no_more(&self, text: &str) {
        let what = format!("{text:?} can't be read");
        self.until(&what, async || Ok((!self.text().await.contains(text)).then_some(()))).await;
    }
}

fn only(mut elements: Vec<WebElement>) -> Option<WebElement> {
    if elements.len() == 1 { elements.pop() } else { None }
}
