//! Chromium's driver in a process of its own, on a port that it finds itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;

/// How often it is tried to start.
const STARTS: usize = 5;

/// The driver; killed when dropped.
pub(crate) struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts it. It takes a free port of one address family, and ends if that is taken in the other: then it is
    /// started once more.
    pub(crate) fn start() -> Self {
        let mut output = String::new();
        for _ in 0..STARTS {
            match Self::start_once() {
                Ok(driver) => return driver,
                Err(why) => output.push_str(&why),
            }
        }
        panic!("the driver does not start: {output}");
    }

    fn start_once() -> Result<Self, String> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("Chromium's driver is missing: run scripts/setup-chromium");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut output = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let port = port.trim_end_matches('.').parse().unwrap();
                // It blocks when nobody reads what it says.
                thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
                return Ok(Self { child, port });
            }
            output.push_str(&line);
            output.push('\n');
        }
        child.wait().unwrap();
        Err(output)
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends a session, and the browser with it, without an `async` runtime: a test that failed is unwinding.
    pub(crate) fn end_session(&self, session: &str) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return;
        };
        let request = format!("DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        if stream.write_all(request.as_bytes()).is_ok() {
            // The answer comes when the browser has gone.
            let _ = stream.read(&mut [0; 1]);
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
