//! A bare actix-web handler in a process of its own: what the framework alone does on this machine.

use std::env;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use actix_web::App;
use actix_web::HttpServer;
use actix_web::web;

use crate::Result;
use crate::service::resident_mib;

/// Tells this program to be the bare server.
pub(crate) const ARGUMENT: &str = "--bare-server";

/// An answer as long as a resolved line's.
const ANSWER: &str = r#"{"phone_number":"+17635551111","phone_number_national":"7635551111","email":"bobsmith@abccompany.com","business_group":"abccompany","application":"portal","tid":"a1a1a1a1-0000-4000-8000-0000000000aa","oid":"0b0b0b0b-0000-4000-8000-000000000001"}"#;

pub(crate) fn serve() -> Result<()> {
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(|| App::new().default_service(web::to(|| async { ANSWER })));
        let server = server.bind(("127.0.0.1", 0))?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", server.addrs()[0])?;
        out.flush()?;
        Ok(server.run().await?)
    })
}

pub(crate) struct Bare {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Bare {
    pub(crate) fn start() -> Result<Self> {
        let mut child = Command::new(env::current_exe()?).arg(ARGUMENT).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    pub(crate) fn memory(&self) -> u64 {
        resident_mib(self.child.id(), "VmRSS")
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
