//! What it holds: good calls, at a pace that leaves it time, calm and while others do their worst.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use rustix::process::setpriority_process;
use signline::http::open_files::room_for_connections;
use test_support::database::{Engine, TestDatabase};

use crate::answer::Caller;
use crate::company::REGULARS;
use crate::figures::{Times, count};
use crate::pool::USERS;
use crate::service::Launch;
use crate::table::Table;
use crate::{Bench, ROUNDS, Result, answer, cores, table, tokens};

/// A good call is due so often.
const PACE: Duration = Duration::from_millis(1);

/// Connections that good calls come over.
const GOOD_CONNECTIONS: usize = 8;

const IDLE_CONNECTIONS: usize = 10_000;
const DRIPPING_CONNECTIONS: usize = 2000;
const UPLOADERS: usize = 4;

/// Of each: all of them fill a line of one gigabit. From the machine itself they would fill its memory bus.
const UPLOAD_BYTES_A_SECOND: f64 = 25_000_000.0;

/// How far attackers stand back on the core of the load, as `nice` counts it.
const STANDING_BACK: i32 = 19;

/// 100,000 a minute.
const BAD_TOKEN_PACE: Duration = Duration::from_micros(600);

/// The limit that holds if nothing is set; the other parts have none.
const LIMIT: [(&str, &str); 1] = [("SIGNLINE_MAX_FAILURES_PER_ADDRESS", "1000")];

/// What one attacker works with.
struct Attacker<'a> {
    address: SocketAddr,
    secret: &'a str,
    bad_tokens: &'a [Vec<u8>],
    /// Passed when they are at work.
    at_work: &'a Barrier,
    stop: &'a AtomicBool,
}

/// An attack: its name, how many threads do it, and what each does; it tells what it saw.
struct Attack {
    name: &'static str,
    threads: usize,
    run: fn(&Attacker<'_>) -> Result<usize>,
    seen: &'static str,
}

const ATTACKS: [Attack; 6] = [
    Attack { name: "calm", threads: 0, run: |_| Ok(0), seen: "" },
    Attack { name: "10,000 idle connections", threads: 1, run: stay_idle, seen: "open" },
    Attack { name: "2,000 clients, a byte of a head every second", threads: 1, run: drip, seen: "cut off" },
    Attack { name: "heads of 1 MB, 50 a second", threads: 1, run: send_large_heads, seen: "refused" },
    Attack {
        name: "4 uploads without end, 25 MB/s each",
        threads: UPLOADERS,
        run: upload_without_end,
        seen: "refused",
    },
    Attack { name: "100,000 bad tokens a minute", threads: 1, run: send_bad_tokens, seen: "of them 429" },
];

pub(crate) async fn run(bench: &Bench) -> Result<()> {
    let wanted = IDLE_CONNECTIONS + 1000;
    if room_for_connections(wanted) < wanted {
        return Err(format!("the limit of open files is too low for {IDLE_CONNECTIONS} connections: ulimit -Hn").into());
    }
    let people: Vec<_> = (0..USERS).map(|user| REGULARS.person(user)).collect();
    let regulars = tokens::sign_ins(&bench.entra, &people)?;
    let bad_tokens = tokens::with_wrong_signatures(&regulars, 100_000);
    let head = ["", "good calls", "p50", "p99", "p99.9", "p99 of calm", "memory, most", "attackers saw"];
    let table = Table::begin("What it holds, one core (PostgreSQL)", &head)?;
    let mut calm = None;
    for attack in &ATTACKS {
        let (times, memory, seen) = measure(bench, attack, &regulars, &bad_tokens).await?;
        let p99 = times.within(990);
        let of_calm = p99.as_secs_f64() / calm.get_or_insert(p99).as_secs_f64();
        let figures = [
            table::whole(count(times.count())),
            table::millis(times.within(500)),
            table::millis(p99),
            table::millis(times.within(999)),
            format!("{of_calm:.2}"),
            table::mebibytes(memory),
            if attack.threads == 0 { String::new() } else { format!("{} {}", table::whole(count(seen)), attack.seen) },
        ];
        table.row(attack.name, &figures)?;
    }
    Ok(())
}

async fn measure(
    bench: &Bench,
    attack: &Attack,
    regulars: &[Vec<u8>],
    bad_tokens: &[Vec<u8>],
) -> Result<(Times, f64, usize)> {
    let database = TestDatabase::of(Engine::Postgres).await;
    let core = Some(bench.cores.server);
    let service = Launch { database: database.url(), bench, core, settings: &LIMIT }.start()?;
    service.found(&REGULARS, USERS).await?;
    service.target(200).each_once(bench.cores.load, regulars)?;
    service.process.forget_peak()?;
    let (at_work, stop) = (Barrier::new(attack.threads + 1), AtomicBool::new(false));
    let attacker =
        Attacker { address: service.address, secret: service.secret(), bad_tokens, at_work: &at_work, stop: &stop };
    // Longer than what is cut off is borne.
    let length = bench.settings.round() * u32::try_from(ROUNDS)? * 2;
    let (times, seen) = thread::scope(|scope| {
        let load = bench.cores.load;
        let attacker = &attacker;
        let attacking: Vec<_> = (0..attack.threads)
            .map(|_| {
                scope.spawn(move || {
                    cores::stay_on(load)?;
                    // She must not take from the good calls what they need to be sent and timed.
                    setpriority_process(None, STANDING_BACK)?;
                    (attack.run)(attacker)
                })
            })
            .collect();
        let good = scope.spawn(move || {
            cores::stay_on(load)?;
            attacker.at_work.wait();
            let times = call_in_good_faith(attacker.address, regulars, length);
            attacker.stop.store(true, Ordering::Relaxed);
            times
        });
        let times = good.join().map_err(|_| "the good calls broke off")??;
        let mut seen = 0;
        for attacking in attacking {
            seen += attacking.join().map_err(|_| "an attack broke off")??;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((times, seen))
    })?;
    Ok((times, service.process.peak_memory()?, seen))
}

/// Calls that are due at fixed times. Each is timed from when it was due, so that a wait counts for all that it held up.
fn call_in_good_faith(address: SocketAddr, requests: &[Vec<u8>], length: Duration) -> Result<Times> {
    let callers: Result<Vec<_>, _> = (0..GOOD_CONNECTIONS).map(|_| Caller::connect(address)).collect();
    let (mut callers, begun, mut times) = (callers?, Instant::now(), Vec::new());
    for (at, request) in requests.iter().cycle().enumerate() {
        let due = begun + PACE * u32::try_from(at)?;
        // Who can't keep the pace is late, and ever later; there is no sense in waiting for all of it.
        if due > begun + length || begun.elapsed() > length * 2 {
            break;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        callers[at % GOOD_CONNECTIONS].call(request, 200)?;
        times.push(due.elapsed());
    }
    Ok(Times::of(times))
}

impl Attacker<'_> {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.set_write_timeout(Some(Duration::from_secs(5)))?;
        Ok(stream)
    }
}

fn stay_idle(attacker: &Attacker<'_>) -> Result<usize> {
    let request = answer::request("/livez", "none");
    let mut open = Vec::with_capacity(IDLE_CONNECTIONS);
    for _ in 0..IDLE_CONNECTIONS {
        let mut connection = attacker.connect()?;
        connection.write_all(&request)?;
        if connection.read(&mut [0; 1024])? == 0 {
            return Err(format!("connection {} was closed", open.len() + 1).into());
        }
        open.push(connection);
    }
    attacker.at_work.wait();
    while attacker.goes_on() {
        thread::sleep(Duration::from_millis(100));
    }
    Ok(open.len())
}

fn drip(attacker: &Attacker<'_>) -> Result<usize> {
    let open = (0..DRIPPING_CONNECTIONS).map(|_| {
        let mut connection = attacker.connect()?;
        connection.write_all(b"GET /livez HTTP/1.1\r\nx-filler: ")?;
        Ok::<_, io::Error>(connection)
    });
    let mut open: Vec<_> = open.collect::<Result<_, _>>()?;
    attacker.at_work.wait();
    let (mut cut_off, mut next) = (0, 0);
    // All of them within a second, a few at a time.
    let few = DRIPPING_CONNECTIONS / 100;
    while attacker.goes_on() {
        for _ in 0..few {
            let connection = &mut open[next];
            if connection.write_all(b"x").is_err() {
                cut_off += 1;
                *connection = attacker.connect()?;
            }
            next = (next + 1) % DRIPPING_CONNECTIONS;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(cut_off)
}

fn send_large_heads(attacker: &Attacker<'_>) -> Result<usize> {
    let head = [b"GET /livez HTTP/1.1\r\nx-filler: ".to_vec(), vec![b'x'; 1024 * 1024]].concat();
    attacker.at_work.wait();
    let mut refused = 0;
    while attacker.goes_on() {
        let mut connection = attacker.connect()?;
        // It is cut off before its end.
        let sent = connection.write_all(&head);
        let mut answer = [0; 64];
        let read = connection.read(&mut answer).unwrap_or_default();
        refused += usize::from(sent.is_err() || answer[..read].starts_with(b"HTTP/1.1 431"));
        thread::sleep(Duration::from_millis(20));
    }
    Ok(refused)
}

fn upload_without_end(attacker: &Attacker<'_>) -> Result<usize> {
    let head = format!(
        "POST /v1/business-groups/{}/imports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\n\
         transfer-encoding: chunked\r\n\r\n",
        REGULARS.id, attacker.secret
    );
    let rows = REGULARS.sheet(2000);
    let chunk = format!("{:x}\r\n{rows}\r\n", rows.len());
    attacker.at_work.wait();
    let mut refused = 0;
    while attacker.goes_on() {
        let mut connection = attacker.connect()?;
        connection.write_all(head.as_bytes())?;
        let (mut due, pause) = (Instant::now(), Duration::from_secs_f64(count(chunk.len()) / UPLOAD_BYTES_A_SECOND));
        while attacker.goes_on() {
            if connection.write_all(chunk.as_bytes()).is_err() {
                refused += 1;
                break;
            }
            // What could not be sent in time is not made up for: a line carries no more than it carries.
            due = Instant::now().max(due) + pause;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(refused)
}

fn send_bad_tokens(attacker: &Attacker<'_>) -> Result<usize> {
    let mut connection = attacker.connect()?;
    connection.set_nodelay(true)?;
    attacker.at_work.wait();
    let (begun, mut limited) = (Instant::now(), 0);
    for (at, request) in attacker.bad_tokens.iter().cycle().enumerate() {
        if !attacker.goes_on() {
            break;
        }
        let due = begun + BAD_TOKEN_PACE * u32::try_from(at)?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        connection.write_all(request)?;
        limited += usize::from(is_limited(&mut connection)?);
    }
    Ok(limited)
}

/// Reads one answer; whether it is a 429, and not a 401.
fn is_limited(connection: &mut TcpStream) -> Result<bool> {
    let (mut buffer, mut read) = (vec![0; answer::ROOM], 0);
    loop {
        read += connection.read(&mut buffer[read..])?;
        for status in [401, 429] {
            if let Ok(Some((head, body))) = answer::length(&buffer[..read], status)
                && head + body <= read
            {
                return Ok(status == 429);
            }
        }
    }
}
