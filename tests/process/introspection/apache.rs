//! Debian's Apache with `mod_auth_openidc` in front of an application, run with `examples/gateways/apache/signline.conf`.

use std::fs::{self, File, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::{RequestBuilder, StatusCode};
use tempfile::TempDir;
use test_support::app::{TENANT, TIMEOUT};

use super::upstream::Upstream;
use super::world::{ADA, BOB, World};
use crate::support::free_port;

const PROGRAM: &str = "/usr/sbin/apache2";
const MODULES_FOLDER: &str = "/usr/lib/apache2/modules";
/// Those that the example names, and what Apache itself needs.
const MODULES: [&str; 10] = [
    "mpm_event",
    "authn_core",
    "authz_core",
    "auth_openidc",
    "headers",
    "proxy",
    "proxy_http",
    "setenvif",
    "socache_shmcb",
    "ssl",
];

/// The line of the example that says how long an answer is kept.
const INTERVAL: &str = "OIDCOAuthTokenIntrospectionInterval 30";

/// A running Apache; ended when dropped.
struct Apache {
    process: Child,
    /// `https://127.0.0.1:PORT`
    base: String,
    folder: TempDir,
}

impl Apache {
    /// The example as it stands, with the addresses and paths of this machine.
    fn start(world: &World, upstream: &Upstream, key: &str) -> Self {
        Self::start_with(world, upstream, key, &[])
    }

    /// The example with some changes to it, each of a text that it has.
    fn start_with(world: &World, upstream: &Upstream, key: &str, changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // As root it serves as another user, who reads the certificate there.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let port = free_port();
        let configuration = folder.path().join("apache.conf");
        let site = site(world, upstream, port, folder.path(), changes);
        fs::write(&configuration, main_file(folder.path(), port) + &site).unwrap();
        let log = File::create(folder.path().join("start.log")).unwrap();
        let process = Command::new(PROGRAM)
            .args(["-D", "FOREGROUND", "-f"])
            .arg(configuration)
            .env_clear()
            .envs([("SIGNLINE_KEY", key), ("TMPDIR", folder.path().to_str().unwrap())])
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut apache = Self { process, base: format!("https://127.0.0.1:{port}"), folder };
        apache.wait_until_it_listens(port);
        apache
    }

    fn wait_until_it_listens(&mut self, port: u16) {
        let deadline = Instant::now() + TIMEOUT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "Apache does not start: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        ["start.log", "error.log"]
            .map(|file| fs::read_to_string(self.folder.path().join(file)).unwrap_or_default())
            .concat()
    }

    fn get(&self, world: &World, token: &str) -> RequestBuilder {
        world.client.get(format!("{}/calls?page=2", self.base)).bearer_auth(token)
    }

    async fn status(&self, world: &World, token: &str) -> StatusCode {
        self.get(world, token).send().await.unwrap().status()
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        // Its children end with it when it is asked to, and not when it is killed. It may have ended already.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// What a system's main file has: modules, the address, where the logs are.
fn main_file(folder: &Path, port: u16) -> String {
    assert!(
        Path::new(PROGRAM).exists() && Path::new(MODULES_FOLDER).join("mod_auth_openidc.so").exists(),
        "Apache with mod_auth_openidc is missing: run scripts/setup-introspection-clients"
    );
    let modules = MODULES.map(|name| format!("LoadModule {name}_module {MODULES_FOLDER}/mod_{name}.so\n")).concat();
    let folder = folder.display();
    format!(
        "ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/apache.pid\nErrorLog {folder}/error.log\n\
         ServerName 127.0.0.1\nUser www-data\nGroup www-data\nListen 127.0.0.1:{port}\n{modules}"
    )
}

/// The example as this test runs it.
fn site(world: &World, upstream: &Upstream, port: u16, folder: &Path, changes: &[(&str, &str)]) -> String {
    let authority = folder.join("authority.pem");
    fs::copy(&world.files.certificate, &authority).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gateways/apache/signline.conf");
    let ours = [
        ("*:443", format!("127.0.0.1:{port}")),
        ("https://signline.example", world.url("")),
        ("/etc/ssl/app.example/chain.pem", world.files.certificate.display().to_string()),
        ("/etc/ssl/app.example/key.pem", world.files.private_key.display().to_string()),
        ("/etc/ssl/private-authority.pem", authority.display().to_string()),
        ("http://127.0.0.1:8000", upstream.base.clone()),
    ];
    let ours = ours.iter().map(|(theirs, ours)| (*theirs, ours.as_str()));
    changes.iter().copied().chain(ours).fold(fs::read_to_string(example).unwrap(), |text, (theirs, ours)| {
        assert!(text.contains(theirs), "the example has no {theirs}");
        text.replace(theirs, ours)
    })
}

/// All values of a header in a head.
fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_tells_the_application_whose_line_it_is_and_nothing_that_the_caller_made_up() {
    let (world, upstream) = (World::start().await, Upstream::start());
    let key = world.resolver(None).await;
    let apache = Apache::start(&world, &upstream, &key.secret);
    let bob = world.entra.object_id(TENANT, BOB).unwrap().to_string();
    for token in [world.token(BOB), world.access_token()] {
        let spoofed = [
            ("X-Signline-Phone-Number", "+17635559999"),
            ("x-signline-user", "somebody"),
            ("X-Signline-Email", "somebody@abccompany.com"),
            ("OIDC_CLAIM_phone_number", "+17635559999"),
            ("OIDC-CLAIM-phone-number", "+17635559999"),
        ];
        let call = spoofed.iter().fold(apache.get(&world, &token), |call, (name, value)| call.header(*name, *value));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", apache.log());
        let head = answer.text().await.unwrap();
        assert!(head.starts_with("GET /calls?page=2 HTTP/1.1\n"), "{head}");
        for (name, expected) in [
            ("X-Signline-Phone-Number", "+17635551111"),
            ("X-Signline-Phone-Number-National", "7635551111"),
            ("X-Signline-Business-Group", "abccompany"),
            ("X-Signline-Tenant", TENANT),
            ("X-Signline-User", &bob),
            ("X-Signline-Application", "portal"),
        ] {
            assert_eq!(values(&head, name), [expected], "{name}: {head}");
        }
        for forbidden in ["authorization", "x-signline-email", "7635559999", "somebody"] {
            assert!(!head.to_ascii_lowercase().contains(forbidden), "{forbidden}: {head}");
        }
    }
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_lets_nobody_through_who_has_no_good_token_and_no_line() {
    let (world, upstream) = (World::start().await, Upstream::start());
    let key = world.resolver(None).await;
    let apache = Apache::start(&world, &upstream, &key.secret);
    let mut tokens = world.bad_tokens();
    tokens.insert("without a mapping".to_owned(), world.token(ADA).into());
    tokens.insert("of a tenant that is not linked".to_owned(), world.stranger().into());
    for (kind, token) in &tokens {
        let answer = apache.get(&world, token.as_str().unwrap()).send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate").map(|challenge| challenge.to_str().unwrap());
        assert_eq!(answer.status(), 401, "{kind}: {}", apache.log());
        assert!(challenge.is_some_and(|text| text.contains("invalid_token")), "{kind}: {challenge:?}");
    }
    let without = world.client.get(&apache.base).send().await.unwrap();
    assert_eq!(without.status(), 401);
    assert!(without.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
    for name in ["X_Signline_Phone_Number", "x-signline_phone-number", "X-Signline-Phone_Number"] {
        let spoofed = apache.get(&world, &world.token(BOB)).header(name, "+17635559999");
        assert_eq!(spoofed.send().await.unwrap().status(), 403, "{name}");
    }
    assert_eq!(upstream.calls(), 0);
    assert_eq!(apache.status(&world, &world.token(BOB)).await, 200, "{}", apache.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_keeps_a_yes_for_as_long_as_it_is_told_and_never_a_no() {
    let (world, upstream) = (World::start().await, Upstream::start());
    let key = world.resolver(None).await;
    let apache = Apache::start(&world, &upstream, &key.secret);
    let (bob, ada) = (world.token(BOB), world.token(ADA));
    for _ in 0..3 {
        assert_eq!(apache.status(&world, &bob).await, 200, "{}", apache.log());
    }
    assert_eq!(world.introspections().await, 1, "it is asked once for as long as the answer is kept");

    assert_eq!(apache.status(&world, &ada).await, 401);
    world.map("7635554444", ADA).await;
    assert_eq!(apache.status(&world, &ada).await, 200, "who gets a line need not wait");

    world.revoke(&key).await;
    assert_eq!(apache.status(&world, &bob).await, 200, "what is kept is good without the key");
    assert_eq!(apache.status(&world, &world.access_token()).await, 401, "what is not is refused");
    assert!(
        !apache.log().contains(&bob) && !apache.log().contains(&ada),
        "a token stands in the log: {}",
        apache.log()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_hears_of_a_key_that_is_revoked_when_its_answer_is_kept_no_longer() {
    let (world, upstream) = (World::start().await, Upstream::start());
    let key = world.resolver(None).await;
    let apache =
        Apache::start_with(&world, &upstream, &key.secret, &[(INTERVAL, "OIDCOAuthTokenIntrospectionInterval 1")]);
    let bob = world.token(BOB);
    assert_eq!(apache.status(&world, &bob).await, 200, "{}", apache.log());
    world.revoke(&key).await;
    let deadline = Instant::now() + TIMEOUT;
    while apache.status(&world, &bob).await != 401 {
        assert!(Instant::now() < deadline, "it goes on with a key that is revoked");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_that_keeps_nothing_hears_of_every_change_at_once() {
    let (world, upstream) = (World::start().await, Upstream::start());
    let key = world.resolver(None).await;
    let apache =
        Apache::start_with(&world, &upstream, &key.secret, &[(INTERVAL, "OIDCOAuthTokenIntrospectionInterval -1")]);
    let bob = world.token(BOB);
    for asked in 1..=2 {
        assert_eq!(apache.status(&world, &bob).await, 200, "{}", apache.log());
        assert_eq!(world.introspections().await, asked);
    }
    world.unmap("7635551111").await;
    assert_eq!(apache.status(&world, &bob).await, 401, "without a line");
    world.map("7635551111", BOB).await;
    assert_eq!(apache.status(&world, &bob).await, 200, "with one again");
    world.revoke(&key).await;
    assert_eq!(apache.status(&world, &bob).await, 401, "with a key that is revoked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_can_tell_who_has_no_line_from_who_has_no_good_token() {
    let (world, upstream) = (World::start().await, Upstream::start());
    let key = world.resolver(None).await;
    let changes = [("?require=line", ""), ("AuthType oauth20", "AuthType oauth20\nAuthzSendForbiddenOnFailure On")];
    let apache = Apache::start_with(&world, &upstream, &key.secret, &changes);
    assert_eq!(apache.status(&world, &world.token(BOB)).await, 200, "{}", apache.log());
    assert_eq!(apache.status(&world, &world.token(ADA)).await, 403);
    assert_eq!(apache.status(&world, "2YotnFZFEjr1zCsicMWpAA").await, 401);
    assert_eq!(upstream.calls(), 1);
}
