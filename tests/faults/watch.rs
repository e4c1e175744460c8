//! People who sign in all the time, an administrator who moves numbers about, and what may be answered meanwhile.
//!
//! Two people share a number: it is given to one, to the other, or to nobody. What was given holds from when it was
//! asked for until the next that was answered well; on another replica than the one that was asked, a second longer. A
//! change that was not answered well may have happened or not.

use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::company::{BUSY, Companies, PEOPLE, Person, calm_number, number};

/// How long another replica may know an old line.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// How long it is until the next signs in.
const PAUSE: Duration = Duration::from_millis(5);

/// The most that recovery may take.
const RECOVERY: Duration = Duration::from_secs(10);

/// How long everything must go well to count as recovered.
const WELL_FOR: Duration = Duration::from_millis(1200);

/// How long a client waits for an answer.
const CLIENT_LIMIT: Duration = Duration::from_secs(30);

/// How long the administrator waits for one.
const CHANGE_LIMIT: Duration = Duration::from_secs(4);

/// How long a change that the administrator has given up may still happen.
const LATE: Duration = Duration::from_secs(20);

/// What a number was given to, and how that went.
#[derive(Clone, Copy, Debug)]
struct Change {
    /// Which of the two, or nobody.
    to: Option<usize>,
    /// The replica that was asked.
    by: usize,
    sent: Instant,
    /// When it was answered well, if it was.
    acknowledged: Option<Instant>,
    /// Whether nobody waited for its answer.
    given_up: bool,
}

/// A number that two people share.
struct Shared {
    number: String,
    changes: Mutex<Vec<Change>>,
}

impl Shared {
    /// Whether it may be told that the number is or is not somebody's.
    fn may_be(&self, whose: usize, is_theirs: bool, replica: usize, asked: Instant, answered: Instant) -> bool {
        let changes = self.changes.lock().unwrap();
        let is_over = |at: usize| {
            changes[at + 1..].iter().any(|later| {
                let slack = if later.by == replica { Duration::ZERO } else { ELSEWHERE };
                later.acknowledged.is_some_and(|time| time + slack < asked)
            }) && !(changes[at].given_up && asked < changes[at].sent + LATE)
        };
        changes
            .iter()
            .enumerate()
            .any(|(at, change)| change.sent <= answered && !is_over(at) && (change.to == Some(whose)) == is_theirs)
    }
}

/// How a sign-in went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    Well,
    /// 503
    Unavailable,
    /// Nobody answered.
    Nowhere,
}

/// One sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) asked: Instant,
    pub(crate) took: Duration,
    pub(crate) calm: bool,
    pub(crate) went: Went,
}

/// What all tasks share.
struct Board {
    companies: Arc<Companies>,
    replicas: RwLock<Vec<String>>,
    shared: Vec<Shared>,
    seen: Mutex<Vec<Seen>>,
    wrong: Mutex<Vec<String>>,
    /// When a change was last answered well.
    changed: Mutex<Instant>,
}

/// The people and the administrator, at work until it is finished.
pub(crate) struct Watch {
    board: Arc<Board>,
    tasks: Vec<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch replicas at these addresses.
    pub(crate) async fn begin(companies: &Arc<Companies>, replicas: &[String]) -> Self {
        let first =
            Change { to: None, by: 0, sent: Instant::now(), acknowledged: Some(Instant::now()), given_up: false };
        let shared = |at| Shared { number: number(at), changes: Mutex::new(vec![first]) };
        let board = Arc::new(Board {
            companies: Arc::clone(companies),
            replicas: RwLock::new(replicas.to_vec()),
            shared: (0..PEOPLE as u64 / 2).map(shared).collect(),
            seen: Mutex::default(),
            wrong: Mutex::default(),
            changed: Mutex::new(Instant::now()),
        });
        let mut tasks = Vec::new();
        for replica in 0..replicas.len() {
            tasks.push(tokio::spawn(Arc::clone(&board).sign_in_calmly(replica)));
            tasks.push(tokio::spawn(Arc::clone(&board).sign_in_busily(replica)));
        }
        tasks.push(tokio::spawn(Arc::clone(&board).administrate()));
        let watch = Self { board, tasks };
        // What the scenario begins with: everybody has signed in, and is known.
        watch.recovered_since("at the start", Instant::now()).await;
        watch
    }

    /// A replica has another address now.
    pub(crate) fn moved(&self, replica: usize, base: &str) {
        base.clone_into(&mut self.board.replicas.write().unwrap()[replica]);
    }

    /// Waits until everything goes well again on all replicas, which must not take long; says how long it took since a
    /// time.
    pub(crate) async fn recovered_since(&self, what: &str, since: Instant) -> Duration {
        loop {
            sleep(Duration::from_millis(50)).await;
            self.assert_nothing_wrong();
            let now = Instant::now();
            let well_since = self.last_trouble(since).await.unwrap_or(since);
            if now.duration_since(well_since) >= WELL_FOR {
                let took = well_since - since;
                println!("{what}: recovered after {took:.2?}");
                return took;
            }
            assert!(now - since < RECOVERY + WELL_FOR, "{what}: not recovered: {:?}", self.troubles(since));
        }
    }

    /// When something last did not go well, since a time.
    async fn last_trouble(&self, since: Instant) -> Option<Instant> {
        let replicas = self.board.replicas.read().unwrap().clone();
        let mut trouble = self.troubles(since).last().map(|seen| seen.asked + seen.took);
        for base in &replicas {
            let (ready, trusted) = (self.is_ready(base).await, self.is_trusted(base).await);
            if !(ready && trusted) {
                trouble = Some(Instant::now());
            }
        }
        if self.board.changed.lock().unwrap().elapsed() > Duration::from_secs(1) {
            trouble = Some(Instant::now());
        }
        trouble
    }

    fn troubles(&self, since: Instant) -> Vec<Seen> {
        self.seen_since(since).into_iter().filter(|seen| seen.went != Went::Well).collect()
    }

    /// The sign-ins that were answered since a time.
    pub(crate) fn seen_since(&self, since: Instant) -> Vec<Seen> {
        let seen = self.board.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.asked + seen.took >= since).copied().collect()
    }

    /// Whether a replica says that it is ready.
    pub(crate) async fn is_ready(&self, base: &str) -> bool {
        let answer = self.board.companies.client.get(format!("{base}/readyz")).timeout(CLIENT_LIMIT).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Whether a replica trusts what it knows.
    async fn is_trusted(&self, base: &str) -> bool {
        let Ok(answer) = self.board.companies.client.get(format!("{base}/metrics")).send().await else {
            return false;
        };
        answer.text().await.unwrap_or_default().contains("\nsignline_line_cache_trusted 1")
    }

    fn assert_nothing_wrong(&self) {
        let wrong = self.board.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Ends it: nothing was wrong, and what was changed last is what the database holds.
    pub(crate) async fn finish(self) {
        for task in &self.tasks {
            task.abort();
        }
        // A change that is under way ends within this.
        sleep(ELSEWHERE).await;
        self.assert_nothing_wrong();
        let base = self.board.replicas.read().unwrap()[0].clone();
        for shared in &self.board.shared {
            let path = format!("/v1/business-groups/{BUSY}/mappings/{}", shared.number);
            let answer = self.board.companies.operate(&base, Method::GET, &path).send().await.unwrap();
            let (status, now) = (answer.status(), Instant::now());
            let found: Value = answer.json().await.unwrap();
            assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&status), "{found}");
            let at = self.board.shared.iter().position(|other| other.number == shared.number).unwrap();
            for whose in 0..2 {
                let is_theirs = found["email"] == self.board.companies.busy[2 * at + whose].email.as_str();
                assert!(shared.may_be(whose, is_theirs, 0, now, now), "{} is lost: {found}", shared.number);
            }
        }
        let seen = self.board.seen.lock().unwrap();
        let failed = seen.iter().filter(|seen| seen.went != Went::Well).count();
        println!("{} sign-ins, {failed} of them without an answer, and none with a wrong one", seen.len());
        assert!(seen.len() > 100, "hardly anybody has signed in");
    }
}

impl Board {
    /// Those whose numbers nobody changes sign in, again and again.
    async fn sign_in_calmly(self: Arc<Self>, replica: usize) {
        let client = Client::builder().no_proxy().timeout(CLIENT_LIMIT).build().unwrap();
        for round in 0.. {
            for (at, person) in self.companies.calm.iter().enumerate() {
                let own = calm_number(at);
                self.ask(&client, replica, round, person, |answer, _| answer.as_ref() == Some(&own)).await;
                sleep(PAUSE).await;
            }
        }
    }

    /// The others sign in as well.
    async fn sign_in_busily(self: Arc<Self>, replica: usize) {
        let client = Client::builder().no_proxy().timeout(CLIENT_LIMIT).build().unwrap();
        for round in 0.. {
            for (at, person) in self.companies.busy.iter().enumerate() {
                let shared = &self.shared[at / 2];
                let is_right = |answer: Option<String>, (asked, answered)| {
                    answer.as_ref().is_none_or(|number| *number == shared.number)
                        && shared.may_be(at % 2, answer.is_some(), replica, asked, answered)
                };
                self.ask(&client, replica, round, person, is_right).await;
                sleep(PAUSE).await;
            }
        }
    }

    /// Somebody signs in; their number, or that they have none, must be right.
    async fn ask(
        &self,
        client: &Client,
        replica: usize,
        round: usize,
        person: &Person,
        is_right: impl Fn(Option<String>, (Instant, Instant)) -> bool,
    ) {
        let base = self.replicas.read().unwrap()[replica].clone();
        let token = &person.tokens[round % person.tokens.len()];
        let asked = Instant::now();
        let answer = client.get(format!("{base}/v1/me")).bearer_auth(token).send().await;
        let (status, body) = match answer {
            Ok(answer) => (Some(answer.status().as_u16()), answer.text().await.unwrap_or_default()),
            Err(error) => (None, error.to_string()),
        };
        let answered = Instant::now();
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        let went = match status {
            Some(200 | 404) => Went::Well,
            Some(503) if json["detail"].is_string() => Went::Unavailable,
            None => Went::Nowhere,
            Some(_) => return self.tell(format!("{} got {status:?} {body}", person.email)),
        };
        let number = json["phone_number"].as_str().map(str::to_owned);
        let is_known = status == Some(200) && json["email"] == person.email.as_str() || status == Some(404);
        if went == Went::Well && !(is_known && is_right(number, (asked, answered))) {
            self.tell(format!("{} got a wrong answer from replica {replica}: {body}", person.email));
        }
        let calm = person.email.starts_with("calm");
        self.seen.lock().unwrap().push(Seen { asked, took: answered - asked, calm, went });
    }

    fn tell(&self, wrong: String) {
        self.wrong.lock().unwrap().push(wrong);
    }

    /// Numbers are moved about, one after the other, now by this replica, now by that.
    async fn administrate(self: Arc<Self>) {
        let client = Client::builder().no_proxy().timeout(CHANGE_LIMIT).build().unwrap();
        for turn in 0.. {
            let at = turn % self.shared.len();
            let to = [Some(0), Some(1), None, Some(1), Some(0), None][turn / self.shared.len() % 6];
            self.change(&client, at, to, turn).await;
            sleep(Duration::from_millis(25)).await;
        }
    }

    async fn change(&self, client: &Client, at: usize, to: Option<usize>, turn: usize) {
        let (by, base) = {
            let replicas = self.replicas.read().unwrap();
            let by = turn / 3 % replicas.len();
            (by, replicas[by].clone())
        };
        let shared = &self.shared[at];
        let url = format!("{base}/v1/business-groups/{BUSY}/mappings/{}", shared.number);
        let call = match to {
            Some(whose) => client.put(url).json(&json!({"email": self.companies.busy[2 * at + whose].email})),
            None => client.delete(url),
        };
        shared.changes.lock().unwrap().push(Change {
            to,
            by,
            sent: Instant::now(),
            acknowledged: None,
            given_up: false,
        });
        let answer = call.bearer_auth(&self.companies.secret).send().await;
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        match status {
            // There is nothing to delete where the change before has not happened.
            Some(200..=299 | 404) => {
                let now = Instant::now();
                shared.changes.lock().unwrap().last_mut().unwrap().acknowledged = Some(now);
                *self.changed.lock().unwrap() = now;
            }
            Some(503) | None => {
                let given_up = answer.is_err_and(|error| error.is_timeout());
                shared.changes.lock().unwrap().last_mut().unwrap().given_up = given_up;
            }
            Some(_) => self.tell(format!("a change got {}", answer.unwrap().text().await.unwrap_or_default())),
        }
    }
}
