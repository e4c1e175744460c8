//! The gateways: what differs between them, and how one is started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;
use test_support::app::TIMEOUT;

use crate::cases::{NAMES, UNKNOWN_NAME};
use crate::wire;

/// A port may be taken by somebody else between the moment it was found free and the start.
const STARTS: usize = 5;

/// A gateway, by what differs from the others.
pub(crate) struct Gateway {
    pub(crate) name: &'static str,
    /// Its folder in `examples/gateways`.
    folder: &'static str,
    /// What stands in its files in place of this test's addresses and paths.
    replaced: fn(&Place) -> Vec<(&'static str, String)>,
    /// What starts its program in the folder with its files, which the file comes with that the example leaves to the
    /// reader.
    arguments: fn(&Path) -> Vec<String>,
    /// What the client gets while nobody answers for Signline.
    pub(crate) status_without_service: u16,
    /// Whether the client gets Signline's problems, and not only their status.
    pub(crate) passes_problems: bool,
    /// Whether it takes off every name that begins as Signline's do, and not only those that it knows.
    strips_unknown_names: bool,
    /// Whether it keeps good answers.
    pub(crate) caches: bool,
}

impl Gateway {
    /// The names that a client may not bring in.
    pub(crate) fn names_to_strip(&self) -> Vec<&'static str> {
        let unknown = self.strips_unknown_names.then_some(UNKNOWN_NAME);
        NAMES.into_iter().chain(unknown).collect()
    }
}

pub(crate) const NGINX: Gateway = Gateway {
    name: "nginx",
    folder: "nginx",
    replaced: |place| place.addresses().to_vec(),
    arguments: nginx_arguments,
    status_without_service: 503,
    passes_problems: false,
    strips_unknown_names: false,
    caches: false,
};

pub(crate) const NGINX_WITH_CACHE: Gateway = Gateway {
    name: "nginx with its cache",
    replaced: |place| {
        let cache = ("/run/nginx-signline", place.path("cache"));
        place.addresses().into_iter().chain([("#cache ", String::new()), cache]).collect()
    },
    caches: true,
    ..NGINX
};

pub(crate) const HAPROXY: Gateway = Gateway {
    name: "HAProxy",
    folder: "haproxy",
    replaced: |place| {
        let inner = ("127.0.0.1:8081", format!("127.0.0.1:{}", place.inner));
        let script = ("/etc/haproxy/signline.lua", place.path("signline.lua"));
        place.addresses().into_iter().chain([inner, script]).collect()
    },
    arguments: |folder| vec!["-db".to_owned(), "-f".to_owned(), text(&folder.join("haproxy.cfg"))],
    status_without_service: 503,
    passes_problems: true,
    strips_unknown_names: true,
    caches: false,
};

pub(crate) const CADDY: Gateway = Gateway {
    name: "Caddy",
    folder: "caddy",
    replaced: |place| {
        let [_, signline, application] = place.addresses();
        vec![("\n:8000 {", format!("\n:{} {{", place.gateway)), signline, application]
    },
    arguments: |folder| {
        let file = text(&folder.join("Caddyfile"));
        ["run", "--adapter", "caddyfile", "--config", &file].map(ToOwned::to_owned).to_vec()
    },
    status_without_service: 502,
    passes_problems: true,
    strips_unknown_names: true,
    caches: false,
};

pub(crate) const TRAEFIK: Gateway = Gateway {
    name: "Traefik",
    folder: "traefik",
    replaced: |place| {
        let dynamic = ("/etc/traefik/signline.yml", place.path("signline.yml"));
        place.addresses().into_iter().chain([dynamic]).collect()
    },
    arguments: |folder| vec!["--configfile".to_owned(), text(&folder.join("traefik.yml"))],
    status_without_service: 500,
    passes_problems: true,
    strips_unknown_names: true,
    caches: false,
};

pub(crate) const ENVOY: Gateway = Gateway {
    name: "Envoy",
    folder: "envoy",
    replaced: |place| {
        let port = |port: u16| format!("port_value: {port}");
        vec![
            ("port_value: 8000", port(place.gateway)),
            ("port_value: 8080", port(place.signline)),
            ("port_value: 9000", port(place.application)),
        ]
    },
    arguments: |folder| {
        let file = text(&folder.join("envoy.yaml"));
        ["--disable-hot-restart", "--concurrency", "1", "-c", &file].map(ToOwned::to_owned).to_vec()
    },
    status_without_service: 503,
    passes_problems: true,
    strips_unknown_names: true,
    caches: false,
};

/// The example is for the http context of a server that is there; this is the rest of such a server, in one process.
fn nginx_arguments(folder: &Path) -> Vec<String> {
    let place = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {place}/{name};\n")).concat();
    let main = format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log stderr info;\nevents {{ }}\n\
         http {{\naccess_log off;\n{temporary}include {place}/signline.conf;\n}}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, main).unwrap();
    ["-p", &text(folder), "-e", "stderr", "-c", &text(&file)].map(ToOwned::to_owned).to_vec()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Where everything is.
struct Place {
    folder: TempDir,
    gateway: u16,
    signline: u16,
    application: u16,
    /// For a gateway that reaches Signline by way of itself.
    inner: u16,
}

impl Place {
    /// The addresses of the examples, and those here.
    fn addresses(&self) -> [(&'static str, String); 3] {
        [
            ("127.0.0.1:8000", format!("127.0.0.1:{}", self.gateway)),
            ("127.0.0.1:8080", format!("127.0.0.1:{}", self.signline)),
            ("127.0.0.1:9000", format!("127.0.0.1:{}", self.application)),
        ]
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name))
    }

    /// Copies the files of an example, with what is replaced; all of it must have stood there.
    fn write(&self, gateway: &Gateway) {
        let source = root().join("examples/gateways").join(gateway.folder);
        let replaced = (gateway.replaced)(self);
        let mut found = vec![false; replaced.len()];
        for entry in fs::read_dir(source).unwrap() {
            let entry = entry.unwrap();
            let mut content = fs::read_to_string(entry.path()).unwrap();
            for ((from, to), found) in replaced.iter().zip(&mut found) {
                *found |= content.contains(from);
                content = content.replace(from, to);
            }
            fs::write(self.folder.path().join(entry.file_name()), content).unwrap();
        }
        for ((from, _), found) in replaced.iter().zip(found) {
            assert!(found, "{from:?} is in no file of examples/gateways/{}", gateway.folder);
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where a gateway's program is. Without it the test fails: it is never passed over.
fn program(gateway: &Gateway) -> PathBuf {
    let place = root().join("target/gateways");
    assert!(place.join("installed").exists(), "the gateways are missing: run scripts/setup-gateways");
    place.join(gateway.folder)
}

/// A gateway that runs, in a process of its own; killed when dropped.
pub(crate) struct Running {
    child: Child,
    place: Place,
}

impl Running {
    /// Starts it between clients, the service and the application, which are on these ports.
    pub(crate) async fn start(gateway: &Gateway, signline: u16, application: u16) -> Self {
        let mut log = String::new();
        for _ in 0..STARTS {
            let folder = TempDir::new().unwrap();
            let place = Place { folder, gateway: free_port(), signline, application, inner: free_port() };
            place.write(gateway);
            let mut running = Self { child: launch(gateway, &place), place };
            if running.answers().await {
                return running;
            }
            log = fs::read_to_string(running.place.log()).unwrap();
        }
        panic!("{} does not start: {log}", gateway.name);
    }

    /// Its port for clients.
    pub(crate) fn port(&self) -> u16 {
        self.place.gateway
    }

    /// Waits until it serves; `false` if it has ended. Traefik listens, and answers 404, before it knows its routes.
    async fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            let answer = wire::call(self.port(), "GET", "/", Vec::new(), &[]).await;
            if answer.is_ok_and(|answer| answer.status != 404) {
                return true;
            }
            if begun.elapsed() > TIMEOUT {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the gateway's log:\n{}", fs::read_to_string(self.place.log()).unwrap_or_default());
        }
    }
}

fn launch(gateway: &Gateway, place: &Place) -> Child {
    let folder = place.folder.path();
    let log = File::create(place.log()).unwrap();
    let mut command = Command::new(program(gateway));
    command.args((gateway.arguments)(folder)).env_clear().current_dir(folder);
    // Caddy keeps what it runs there, and listens for its administrators.
    command.env("HOME", folder).env("CADDY_ADMIN", format!("unix/{}", place.path("admin")));
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
