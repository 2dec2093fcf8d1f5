//! Pushing events to callback addresses: sealed and signed afresh for each try, five seconds, three
//! tries, and now and then early, twice, out of order or never.

use std::time::Duration;

use rand::RngExt;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use super::chat::FAILURE;
use super::event::{Event, Fields};
use super::handle::Handle;
use super::people::openid_of;
use super::record::{Push, Try};
use super::reply::{self, PassiveReply};
use super::settings::chance;
use super::state::World;
use super::{CallbackMode, PushFormat, SimApp};
use crate::crypto::{KeyError, MessageCrypt};

/// How long WeChat waits for an answer.
const DEADLINE: Duration = Duration::from_secs(5);
const TRIES: usize = 3;
/// How often the world is looked at when nobody calls.
const TICK: Duration = Duration::from_millis(250);
/// How much of an answer is remembered.
const REMEMBERED: usize = 2000;

/// How pushes behave; chances are between 0 and 1.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushHabits {
    /// The shortest delay of a push.
    pub delay_min_millis: u64,
    /// The longest delay of a push that is not out of order.
    pub delay_max_millis: u64,
    /// How long to wait before trying again.
    pub retry_pause_millis: u64,
    /// The chance that the result of a send is pushed before the send is answered.
    pub before_answer: f64,
    /// The chance that an event is pushed twice.
    pub duplicate: f64,
    /// The chance that an event is never pushed.
    pub lost: f64,
    /// The chance that an event waits three times the longest delay, so that later ones overtake it.
    pub reordered: f64,
    /// The chance that a try is sealed with the account's previous key, if it has one.
    pub previous_key: f64,
    /// The chance that a template message ends with `failed: system failed` and reaches nobody;
    /// of subscription messages the same chance pushes `subscribe_msg_sent_event`.
    pub system_failed: f64,
    /// The chance that a template message ends with `failed:freq limit` and reaches nobody.
    pub freq_limit: f64,
    /// The chance that the status of a failed message has a blank behind its colon.
    pub blank_status: f64,
}

impl Default for PushHabits {
    fn default() -> Self {
        Self {
            delay_min_millis: 20,
            delay_max_millis: 250,
            retry_pause_millis: 300,
            before_answer: 0.1,
            duplicate: 0.0,
            lost: 0.0,
            reordered: 0.0,
            previous_key: 0.0,
            system_failed: 0.0,
            freq_limit: 0.0,
            blank_status: 0.5,
        }
    }
}

impl PushHabits {
    /// The same with chances brought between 0 and 1.
    pub(super) fn sound(self) -> Self {
        Self {
            before_answer: chance(self.before_answer),
            duplicate: chance(self.duplicate),
            lost: chance(self.lost),
            reordered: chance(self.reordered),
            previous_key: chance(self.previous_key),
            system_failed: chance(self.system_failed),
            freq_limit: chance(self.freq_limit),
            blank_status: chance(self.blank_status),
            ..self
        }
    }
}

/// An event on its way.
pub(super) struct PushJob {
    record: usize,
    app_id: String,
    openid: String,
    event: Event,
    created: i64,
    delay: Duration,
    /// The send that caused it waits for it.
    pub before_answer: bool,
    /// Told when the last try is over.
    pub done: Option<oneshot::Sender<()>>,
}

/// A push as it goes over the wire.
struct Sealed {
    url: String,
    query: Vec<(&'static str, String)>,
    content_type: &'static str,
    body: String,
}

/// What a try came to.
enum Verdict {
    Good(Option<PassiveReply>),
    /// An answer, but none WeChat understands: it is not sent again.
    Odd(&'static str),
    Again,
}

/// The callback key of an account.
pub(super) fn crypt(app: &SimApp) -> Result<MessageCrypt, KeyError> {
    let previous = app.previous_aes_key.as_deref();
    MessageCrypt::new(&app.app_id, &app.token, &app.aes_key, previous)
}

pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .timeout(DEADLINE)
        .no_proxy()
        .build()
}

impl World {
    /// Lets an account know, if it has an address.
    pub fn push(&mut self, app_id: &str, person: &str, event: &Event) {
        let listening = self
            .apps
            .get(app_id)
            .is_some_and(|app| app.spec.callback_url.is_some());
        if !listening {
            return;
        }
        let now = self.now();
        let habits = self.habits;
        let lost = self.rng.random_bool(habits.lost);
        let record = self.pushes.len();
        self.pushes.push(Push {
            at: now,
            app_id: app_id.to_owned(),
            person: person.to_owned(),
            event: event.name().to_owned(),
            lost,
            delivered: false,
            service_failure: false,
            reply: None,
            tries: Vec::new(),
        });
        if lost {
            return;
        }
        let about_a_send = matches!(event, Event::TemplateJobFinish { .. });
        let before_answer = about_a_send && self.rng.random_bool(habits.before_answer);
        let copies = if self.rng.random_bool(habits.duplicate) {
            2
        } else {
            1
        };
        for copy in 0..copies {
            let longest = habits.delay_max_millis.max(habits.delay_min_millis);
            let mut millis = self.rng.random_range(habits.delay_min_millis..=longest);
            if self.rng.random_bool(habits.reordered) {
                millis += 3 * longest;
            }
            let before_answer = before_answer && copy == 0;
            self.outbox.push(PushJob {
                record,
                app_id: app_id.to_owned(),
                openid: openid_of(app_id, person),
                event: event.clone(),
                created: now.timestamp(),
                delay: Duration::from_millis(if before_answer { 0 } else { millis }),
                before_answer,
                done: None,
            });
        }
    }

    /// Writes, seals and signs an event for one try; `None` when the address has been taken away.
    fn seal(&mut self, job: &PushJob) -> Option<Sealed> {
        let spec = self.apps.get(&job.app_id)?.spec.clone();
        let url = spec.callback_url.clone()?;
        let crypt = crypt(&spec).ok()?;
        let timestamp = self.now().timestamp().to_string();
        let nonce = self
            .rng
            .random_range(100_000_000..2_000_000_000_u32)
            .to_string();
        let random16: [u8; 16] = self.rng.random();
        let plain = || {
            job.event
                .write(spec.push_format, &spec.gh_id, &job.openid, job.created)
        };

        let signature = crypt.signature(&timestamp, &nonce, None);
        let mut query = vec![
            ("signature", signature),
            ("timestamp", timestamp.clone()),
            ("nonce", nonce.clone()),
            ("openid", job.openid.clone()),
        ];
        let outside = match spec.callback_mode {
            CallbackMode::Plain => None,
            CallbackMode::Compat => Some(plain()),
            CallbackMode::Safe => Some(Fields::envelope(spec.push_format, &spec.gh_id)),
        };
        let body = match outside {
            None => plain().close(),
            Some(outside) => {
                let previous = spec.previous_aes_key.is_some()
                    && self.rng.random_bool(self.habits.previous_key);
                let text = plain().close();
                let encrypt = crypt.seal_with_key(previous.into(), text.as_bytes(), random16);
                query.push(("encrypt_type", "aes".to_owned()));
                query.push((
                    "msg_signature",
                    crypt.signature(&timestamp, &nonce, Some(&encrypt)),
                ));
                outside.with("Encrypt", &encrypt).close()
            }
        };
        let content_type = match spec.push_format {
            PushFormat::Xml => "text/xml",
            PushFormat::Json => "application/json",
        };
        Some(Sealed {
            url,
            query,
            content_type,
            body,
        })
    }

    /// Remembers how a try went. The first good answer somebody waits for stands in the chat; a
    /// second copy's answer does not.
    fn note_try(&mut self, job: &PushJob, answer: Result<(u16, String), String>) -> bool {
        let at = self.now();
        let verdict = match &answer {
            Ok((200..=299, body)) => self.judge(job, body),
            Ok(_) | Err(_) => Verdict::Again,
        };
        let push = &mut self.pushes[job.record];
        let (status, body, error) = match answer {
            Ok((status, body)) => (Some(status), body, None),
            Err(error) => (None, String::new(), Some(error)),
        };
        let error = match &verdict {
            Verdict::Odd(why) => Some((*why).to_owned()),
            Verdict::Good(_) | Verdict::Again => error,
        };
        let body = body.chars().take(REMEMBERED).collect();
        push.tries.push(Try {
            at,
            status,
            body,
            error,
        });
        match verdict {
            Verdict::Again => return false,
            Verdict::Odd(_) => self.fail(job),
            Verdict::Good(reply) => {
                let is_first = !std::mem::replace(&mut push.delivered, true);
                push.reply.clone_from(&reply);
                if let Some(reply) = reply
                    && is_first
                    && job.event.awaits_answer()
                {
                    let person = self.pushes[job.record].person.clone();
                    self.chat_reply(&job.app_id, &person, reply);
                }
            }
        }
        true
    }

    fn judge(&self, job: &PushJob, body: &str) -> Verdict {
        // Accounts stay, and their keys were read when the simulator started.
        let Some(spec) = self.apps.get(&job.app_id).map(|app| &app.spec) else {
            return Verdict::Again;
        };
        let Ok(crypt) = crypt(spec) else {
            return Verdict::Again;
        };
        match reply::read(spec, &crypt, &job.openid, body) {
            Ok(reply) => Verdict::Good(reply),
            Err(why) => Verdict::Odd(why),
        }
    }

    /// What is left when our server did not answer, or not so that WeChat understands it.
    fn fail(&mut self, job: &PushJob) {
        let push = &mut self.pushes[job.record];
        let is_first = !std::mem::replace(&mut push.service_failure, true);
        // A second copy that fails does not take back what the first one brought.
        if is_first && !push.delivered && job.event.awaits_answer() {
            let person = push.person.clone();
            self.chat_remark(&job.app_id, &person, FAILURE);
        }
    }
}

/// Delivers jobs until nobody can send any more, and looks at the world now and then, so that what
/// is due happens although nobody calls.
pub(super) async fn deliver_all(
    handle: Handle,
    client: reqwest::Client,
    mut jobs: UnboundedReceiver<PushJob>,
) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => {
                    actix_web::rt::spawn(deliver(handle.clone(), client.clone(), job));
                }
                None => return,
            },
            _ = ticks.tick() => handle.with(|_| ()),
        }
    }
}

async fn deliver(handle: Handle, client: reqwest::Client, job: PushJob) {
    tokio::time::sleep(job.delay).await;
    let mut settled = false;
    for attempt in 0..TRIES {
        if 0 < attempt {
            let pause = handle.with(|world| world.habits.retry_pause_millis);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let Some(sealed) = handle.with(|world| world.seal(&job)) else {
            break;
        };
        let answer = send(&client, sealed).await;
        if handle.with(|world| world.note_try(&job, answer)) {
            settled = true;
            break;
        }
    }
    if !settled {
        handle.with(|world| world.fail(&job));
    }
    if let Some(done) = job.done {
        // The send that waited may have been given up by its caller.
        let _ = done.send(());
    }
}

async fn send(client: &reqwest::Client, sealed: Sealed) -> Result<(u16, String), String> {
    let Sealed {
        url,
        query,
        content_type,
        body,
    } = sealed;
    let answered = async {
        let request = client
            .post(url)
            .query(&query)
            .header(CONTENT_TYPE, content_type)
            .body(body);
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, response.text().await?))
    };
    answered
        .await
        .map_err(|error: reqwest::Error| error.without_url().to_string())
}
