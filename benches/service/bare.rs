//! A bare actix-web handler in a process of its own: what the framework alone does on this machine.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::load::{Target, Waiting};
use crate::process::Process;
use crate::{Result, callgrind, cores};

/// Tells this program to be the bare server; the body of its answer follows.
const ARGUMENT: &str = "--bare-server";

/// Serves if this process was told to.
pub(crate) fn serve_if_told() -> Option<Result<()>> {
    let mut arguments = env::args().skip_while(|argument| argument != ARGUMENT);
    arguments.next().map(|_| serve(arguments.next().unwrap_or_default()))
}

fn serve(body: String) -> Result<()> {
    let body: &'static str = body.leak();
    let answer = move || async move { HttpResponse::Ok().content_type("application/json").body(body) };
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || App::new().default_service(web::to(answer)));
        let server = server.bind(("127.0.0.1", 0))?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", server.addrs().first().ok_or("no address")?)?;
        out.flush()?;
        Ok(server.run().await?)
    })
}

pub(crate) struct Bare {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Bare {
    /// A bare server on one core that answers everything with `body`.
    pub(crate) fn start(core: usize, body: &str) -> Result<Self> {
        let program = env::current_exe()?;
        Self::begin(cores::pinned(core, program.to_str().ok_or("a path that is no text")?), body)
    }

    /// The same, with its instructions counted.
    pub(crate) fn start_counted(core: usize, body: &str, files: &Path) -> Result<Self> {
        let program = env::current_exe()?;
        Self::begin(callgrind::counted(core, program.to_str().ok_or("a path that is no text")?, files), body)
    }

    fn begin(mut command: Command, body: &str) -> Result<Self> {
        let mut child = command.args([ARGUMENT, body]).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let process = Process(child);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        Ok(Self { process, address: line.trim().parse()? })
    }

    pub(crate) fn target(&self) -> Target<'_> {
        Target { process: &self.process, address: self.address, status: 200, waiting: Waiting::Awake }
    }
}
