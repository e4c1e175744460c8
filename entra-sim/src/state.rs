//! What changes while the simulator runs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::now_seconds;
use crate::config::Config;
use crate::directory::Directory;
use crate::fault::{Endpoint, Fault, Fetches};
use crate::keys::{KeyError, PERSONAL_ACCOUNTS, SigningKey};

/// How long a code can be redeemed, in seconds.
const CODE_SECONDS: i64 = 600;

/// How long a device code can be redeemed, in seconds.
pub(crate) const DEVICE_CODE_SECONDS: i64 = 900;

/// The simulator's memory.
pub(crate) struct State {
    pub(crate) config: Config,
    changing: Mutex<Changing>,
}

struct Changing {
    /// The last one signs.
    keys: Vec<SigningKey>,
    personal: SigningKey,
    published: Vec<Value>,
    faults: HashMap<Endpoint, Fault>,
    cache_control: Option<String>,
    fetches: Fetches,
    codes: HashMap<String, Grant>,
    refresh_tokens: HashMap<String, Grant>,
    graph_tokens: HashMap<String, Grant>,
    devices: HashMap<String, Device>,
}

/// What a user has let an application have.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) client_id: Uuid,
    pub(crate) scope: String,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) ends: i64,
}

/// The challenge of RFC 7636.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) text: String,
    pub(crate) is_sha256: bool,
}

/// A device that waits for its user.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) user_code: String,
    pub(crate) directory: Directory,
    pub(crate) client_id: Uuid,
    pub(crate) scope: String,
    pub(crate) ends: i64,
    pub(crate) answer: DeviceAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceAnswer {
    Pending,
    Declined,
    SignedIn { tenant: Uuid, user: Uuid },
}

impl State {
    pub(crate) fn new(config: Config) -> Result<Self, KeyError> {
        let changing = Changing {
            keys: vec![SigningKey::generate()?],
            personal: SigningKey::generate()?,
            published: Vec::new(),
            faults: HashMap::new(),
            cache_control: Some("max-age=86400, private".to_owned()),
            fetches: Fetches::default(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            graph_tokens: HashMap::new(),
            devices: HashMap::new(),
        };
        Ok(Self { config, changing: Mutex::new(changing) })
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key that signs now. There is always one: the last can't be withdrawn, only followed by another.
    pub(crate) fn signing_key(&self) -> SigningKey {
        let changing = self.changing();
        changing.keys.last().unwrap_or(&changing.personal).clone()
    }

    pub(crate) fn personal_key(&self) -> SigningKey {
        self.changing().personal.clone()
    }

    /// Signs with a new key from now on; the old one stays published.
    pub(crate) fn rotate_keys(&self) -> Result<SigningKey, KeyError> {
        let key = SigningKey::generate()?;
        self.changing().keys.push(key.clone());
        Ok(key)
    }

    /// Takes a key out of the published set. If it was the one that signs, a new one follows.
    pub(crate) fn withdraw_key(&self, kid: &str) -> Result<bool, KeyError> {
        let mut changing = self.changing();
        let before = changing.keys.len() + changing.published.len();
        changing.keys.retain(|key| key.kid() != kid);
        changing.published.retain(|key| key["kid"] != kid);
        let found = changing.keys.len() + changing.published.len() < before;
        if changing.keys.is_empty() {
            changing.keys.push(SigningKey::generate()?);
        }
        Ok(found)
    }

    /// Adds a key to the published set as it stands.
    pub(crate) fn publish(&self, jwk: Value) {
        self.changing().published.push(jwk);
    }

    /// The published set, with the personal accounts' key among the organizations'.
    pub(crate) fn key_set(&self, base: &str) -> Value {
        let changing = self.changing();
        let template = format!("{base}/{{tenantid}}/v2.0");
        let mut keys: Vec<_> = changing.keys.iter().map(|key| key.to_jwk(&template)).collect();
        keys.push(changing.personal.to_jwk(&format!("{base}/{PERSONAL_ACCOUNTS}/v2.0")));
        keys.extend(changing.published.iter().cloned());
        json!({ "keys": keys })
    }

    pub(crate) fn set_fault(&self, endpoint: Endpoint, fault: Fault) {
        self.changing().faults.insert(endpoint, fault);
    }

    pub(crate) fn clear_faults(&self) {
        self.changing().faults.clear();
    }

    pub(crate) fn fault(&self, endpoint: Endpoint) -> Option<Fault> {
        self.changing().faults.get(&endpoint).cloned()
    }

    pub(crate) fn set_cache_control(&self, text: Option<String>) {
        self.changing().cache_control = text;
    }

    pub(crate) fn cache_control(&self) -> Option<String> {
        self.changing().cache_control.clone()
    }

    pub(crate) fn count_fetch(&self, endpoint: Endpoint) {
        let fetches = &mut self.changing().fetches;
        match endpoint {
            Endpoint::Discovery => fetches.discovery += 1,
            Endpoint::Keys => fetches.keys += 1,
            Endpoint::Token => {}
        }
    }

    pub(crate) fn fetches(&self) -> Fetches {
        self.changing().fetches
    }

    pub(crate) fn reset_fetches(&self) {
        self.changing().fetches = Fetches::default();
    }

    /// Gives out a code for a grant; it can be redeemed once.
    pub(crate) fn add_code(&self, mut grant: Grant) -> String {
        let code = secret("0.A");
        grant.ends = now_seconds() + CODE_SECONDS;
        self.changing().codes.insert(code.clone(), grant);
        code
    }

    pub(crate) fn take_code(&self, code: &str) -> Option<Grant> {
        self.changing().codes.remove(code)
    }

    pub(crate) fn add_refresh_token(&self, grant: Grant) -> String {
        let token = secret("1.A");
        self.changing().refresh_tokens.insert(token.clone(), grant);
        token
    }

    /// The grant of a refresh token. It is not spent: Entra's are not either.
    pub(crate) fn refresh_token(&self, token: &str) -> Option<Grant> {
        self.changing().refresh_tokens.get(token).cloned()
    }

    /// An access token for Graph: opaque, as Entra's are to everybody else.
    pub(crate) fn add_graph_token(&self, grant: Grant) -> String {
        let token = secret("graph-");
        self.changing().graph_tokens.insert(token.clone(), grant);
        token
    }

    /// The grant of an access token for Graph.
    pub(crate) fn graph_grant(&self, token: &str) -> Option<Grant> {
        self.changing().graph_tokens.get(token).cloned()
    }

    pub(crate) fn add_device(&self, device: Device) -> String {
        let code = secret("D");
        self.changing().devices.insert(code.clone(), device);
        code
    }

    pub(crate) fn device(&self, code: &str) -> Option<Device> {
        self.changing().devices.get(code).cloned()
    }

    pub(crate) fn forget_device(&self, code: &str) {
        self.changing().devices.remove(code);
    }

    /// Where the user of the device that waits with this code for them signs in.
    pub(crate) fn directory_of_device(&self, user_code: &str) -> Option<Directory> {
        self.changing().waiting_device(user_code).map(|device| device.directory)
    }

    /// Answers for the device that waits with this code for its user.
    pub(crate) fn answer_device(&self, user_code: &str, answer: DeviceAnswer) {
        if let Some(device) = self.changing().waiting_device(user_code) {
            device.answer = answer;
        }
    }
}

impl Changing {
    fn waiting_device(&mut self, user_code: &str) -> Option<&mut Device> {
        let now = now_seconds();
        self.devices.values_mut().find(|device| {
            let is_meant = device.user_code.eq_ignore_ascii_case(user_code);
            is_meant && device.answer == DeviceAnswer::Pending && device.ends >= now
        })
    }
}

/// Something that can't be guessed.
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
