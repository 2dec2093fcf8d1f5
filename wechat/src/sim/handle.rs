//! Moving a running simulator from the same process: people, time, troubles, and what came of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::Options;
use super::chat::ChatLine;
use super::fault::Fault;
use super::people::{PersonSpec, PersonView, openid_of};
use super::push::{PushHabits, PushJob};
use super::quota::Limits;
use super::record::{Call, Checked, Push, Shown};
use super::settings::Settings;
use super::state::{Unknown, World};
use super::tokens::TokenView;

/// A cheap handle on a simulator; usable from any thread.
///
/// Methods that name an account or a person panic when the simulator knows no such thing: in a
/// test that is a typing error. The same is a 404 over HTTP.
#[derive(Clone)]
pub struct Handle {
    world: Arc<Mutex<World>>,
    jobs: UnboundedSender<PushJob>,
}

/// Ends a test that named somebody who is not there.
fn known<T>(found: Result<T, Unknown>) -> T {
    found.unwrap_or_else(|unknown| panic!("{unknown}"))
}

impl Handle {
    pub(super) fn new(options: Options) -> (Self, UnboundedReceiver<PushJob>) {
        let (jobs, coming) = mpsc::unbounded_channel();
        let world = Arc::new(Mutex::new(World::new(options)));
        (Self { world, jobs }, coming)
    }

    /// Looks at or changes the world, then sends the pushes this caused.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let (result, jobs) = self.take(change);
        for job in jobs {
            self.send(job);
        }
        result
    }

    /// Looks at or changes the world and leaves the pushes to the caller.
    pub(super) fn take<T>(&self, change: impl FnOnce(&mut World) -> T) -> (T, Vec<PushJob>) {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle();
        let result = change(&mut world);
        // The change may have moved the clock.
        world.settle();
        (result, std::mem::take(&mut world.outbox))
    }

    pub(super) fn send(&self, job: PushJob) {
        // After a stop nobody pushes any more; the job is dropped with the simulator.
        let _ = self.jobs.send(job);
    }

    /// Adds a person, or changes the phone number of one already there.
    pub fn add_person(&self, spec: PersonSpec) {
        self.with(|world| world.add_person(spec));
    }

    /// Everybody, by key.
    pub fn people(&self) -> Vec<PersonView> {
        self.with(|world| {
            world
                .people
                .keys()
                .filter_map(|key| world.person_view(key).ok())
                .collect()
        })
    }

    /// A person follows an official account, which pushes `subscribe`.
    pub fn follow(&self, app_id: &str, person: &str) {
        known(self.with(|world| world.follow(app_id, person, "")));
    }

    /// A person stops following, which pushes `unsubscribe`.
    pub fn unfollow(&self, app_id: &str, person: &str) {
        known(self.with(|world| world.unfollow(app_id, person)));
    }

    /// A follower refuses an account's messages: sends succeed, and the job fails afterwards.
    pub fn block(&self, app_id: &str, person: &str) {
        self.set_blocked(app_id, person, true);
    }

    /// A follower takes an account's messages again.
    pub fn unblock(&self, app_id: &str, person: &str) {
        self.set_blocked(app_id, person, false);
    }

    fn set_blocked(&self, app_id: &str, person: &str, blocked: bool) {
        known(self.with(|world| world.tie(app_id, person).map(|tie| tie.blocked = blocked)));
    }

    /// A person scans an account's QR code, following it if they did not.
    pub fn scan(&self, app_id: &str, person: &str, scene: &str) {
        known(self.with(|world| world.scan(app_id, person, scene)));
    }

    /// A person scans the code with this ticket; `false` when it is unknown or has expired.
    pub fn scan_ticket(&self, person: &str, ticket: &str) -> bool {
        self.with(|world| world.scan_ticket(person, ticket)).is_ok()
    }

    /// A person taps the button with this name in the menu they see.
    pub fn tap(&self, app_id: &str, person: &str, name: &str) {
        known(self.with(|world| world.tap(app_id, person, name)));
    }

    /// A person opens the customer-service chat of a mini-program.
    pub fn enter_chat(&self, app_id: &str, person: &str) {
        known(self.with(|world| world.enter_chat(app_id, person)));
    }

    /// A person taps a menu button with this key.
    pub fn click(&self, app_id: &str, person: &str, key: &str) {
        known(self.with(|world| world.click(app_id, person, key)));
    }

    /// A person writes to an account.
    pub fn write(&self, app_id: &str, person: &str, text: &str) {
        known(self.with(|world| world.write(app_id, person, text)));
    }

    /// The openid of a person at an account.
    pub fn openid(&self, app_id: &str, person: &str) -> String {
        openid_of(app_id, person)
    }

    /// The unionid of a person at an account.
    pub fn unionid(&self, app_id: &str, person: &str) -> Option<String> {
        self.with(|world| world.unionid(app_id, person))
    }

    /// What `wx.login` yields on a person's phone.
    pub fn login_code(&self, app_id: &str, person: &str) -> String {
        known(self.with(|world| world.login_code(app_id, person)))
    }

    /// What the button `getPhoneNumber` of the first mini-program yields on a person's phone.
    pub fn phone_code(&self, person: &str) -> String {
        known(self.with(|world| {
            let app_id = world.mini_program()?;
            world.phone_code(&app_id, person)
        }))
    }

    /// What the button `getPhoneNumber` of this mini-program yields on a person's phone.
    pub fn phone_code_in(&self, app_id: &str, person: &str) -> String {
        known(self.with(|world| world.phone_code(app_id, person)))
    }

    /// A person agrees to more messages of a subscription template.
    pub fn grant_credit(&self, person: &str, template_id: &str, count: u32) {
        known(self.with(|world| world.grant_credit(person, template_id, count)));
    }

    /// A person answers the question for several templates at once: accepted or not.
    pub fn answer_popup(&self, app_id: &str, person: &str, answers: &[(String, bool)]) {
        known(self.with(|world| world.answer_popup(app_id, person, answers)));
    }

    /// A person switches a template off in the settings of the account.
    pub fn withdraw_credit(&self, app_id: &str, person: &str, template_id: &str) {
        known(self.with(|world| world.withdraw_credit(app_id, person, template_id)));
    }

    /// What a web page of this account gets as `code` when a person opens it.
    pub fn page_code(&self, app_id: &str, person: &str, with_profile: bool) -> String {
        known(self.with(|world| world.page_code(app_id, person, with_profile)))
    }

    /// Whether a person sees web pages as a preview only, which WeChat marks `is_snapshotuser`.
    pub fn set_snapshot(&self, person: &str, snapshot: bool) {
        known(self.with(|world| {
            let found = world.people.get_mut(person);
            let found = found.ok_or_else(|| Unknown::Person(person.to_owned()))?;
            found.snapshot = snapshot;
            Ok(())
        }));
    }

    /// Data as a mini-program hands them over: sealed with the person's session key, and the
    /// initial vector. A watermark is added to `data`.
    pub fn encrypted_data(&self, app_id: &str, person: &str, data: Value) -> (String, String) {
        known(self.with(|world| world.encrypted_data(app_id, person, data)))
    }

    /// The session key a person has now; our server never shows it to anybody.
    pub fn session_key(&self, app_id: &str, person: &str) -> Option<String> {
        known(self.with(|world| world.tie(app_id, person).map(|tie| tie.session_key.clone())))
    }

    /// What a person's phone shows, oldest first.
    pub fn phone(&self, person: &str) -> Vec<Shown> {
        self.with(|world| {
            world
                .shown
                .iter()
                .filter(|shown| shown.person == person)
                .cloned()
                .collect()
        })
    }

    /// A person's chat with an account, oldest first: what they did and what came back.
    pub fn chat(&self, app_id: &str, person: &str) -> Vec<ChatLine> {
        self.with(|world| world.chat_of(app_id, person))
    }

    /// A person's 服务通知, oldest first.
    pub fn notices(&self, person: &str) -> Vec<ChatLine> {
        self.with(|world| world.notices_of(person))
    }

    /// What all phones show, oldest first.
    pub fn all_shown(&self) -> Vec<Shown> {
        self.with(|world| world.shown.clone())
    }

    /// Sets or takes away an account's callback address.
    pub fn set_callback(&self, app_id: &str, url: impl Into<Option<String>>) {
        let url = url.into();
        known(self.with(|world| world.set_callback(app_id, url)));
    }

    /// The pages a mini-program has published; `None` is any.
    pub fn set_pages(&self, app_id: &str, pages: Option<Vec<String>>) {
        known(self.with(|world| {
            world.app_mut(app_id)?.pages = pages;
            Ok(())
        }));
    }

    /// How many openids `user/get` puts on a page.
    pub fn set_follower_page(&self, size: usize) {
        self.change_settings(|settings| settings.follower_page = size);
    }

    /// The chance that a login changes the session key.
    pub fn set_session_rotation(&self, probability: f64) {
        self.change_settings(|settings| settings.session_rotation = probability);
    }

    /// How often an account may call a path, per day and per minute.
    pub fn set_quota(&self, app_id: &str, path: &str, day: u64, minute: u64) {
        self.with(|world| world.quotas.set(app_id, path, Limits { day, minute }));
    }

    /// How pushes behave from now on.
    pub fn set_push_habits(&self, habits: PushHabits) {
        let habits = habits.sound();
        self.with(|world| world.habits = habits);
    }

    /// The settings as they are.
    pub fn settings(&self) -> Settings {
        self.with(|world| world.settings.clone())
    }

    /// Changes some settings and leaves the others as they are.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.with(|world| {
            let mut settings = world.settings.clone();
            change(&mut settings);
            world.settings = settings.sound();
        });
    }

    /// Hangs an account under an Open Platform account, or under none: everybody's unionid there
    /// appears, changes or goes, and the openids stay.
    pub fn set_open_platform(&self, app_id: &str, platform: Option<&str>) {
        known(self.with(|world| {
            world.app_mut(app_id)?.spec.open_platform = platform.map(ToOwned::to_owned);
            Ok(())
        }));
    }

    /// Who may call for an account from now on; `None` is anybody.
    pub fn set_whitelist(&self, app_id: &str, entries: Option<Vec<String>>) {
        known(self.with(|world| {
            world.app_mut(app_id)?.spec.ip_whitelist = entries;
            Ok(())
        }));
    }

    /// Ends every token of an account, as a reset of its secret does.
    pub fn revoke_tokens(&self, app_id: &str) {
        self.with(|world| {
            let now = world.now();
            world.tokens.revoke(app_id, now);
        });
    }

    /// Orders a trouble.
    pub fn fault(&self, fault: Fault) {
        self.with(|world| world.faults.arm(fault));
    }

    /// The troubles still to come.
    pub fn faults(&self) -> Vec<Fault> {
        self.with(|world| world.faults.list())
    }

    /// Cancels all troubles.
    pub fn clear_faults(&self) {
        self.with(|world| world.faults.clear());
    }

    /// The simulator's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.with(|world| world.now())
    }

    /// Moves the simulator's time forward.
    pub fn advance(&self, by: std::time::Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::zero());
        self.with(|world| world.offset += by);
    }

    /// Every token ever given out, without its text.
    pub fn tokens(&self) -> Vec<TokenView> {
        self.with(|world| world.tokens.list(world.now()))
    }

    /// Every call, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|world| world.calls.clone())
    }

    /// The calls that came after the first `seen`, oldest first.
    pub fn calls_after(&self, seen: usize) -> Vec<Call> {
        self.with(|world| world.calls.get(seen..).unwrap_or_default().to_vec())
    }

    /// Every text and picture that was given to be judged, oldest first.
    pub fn checked(&self) -> Vec<Checked> {
        self.with(|world| world.checked.clone())
    }

    /// Every event that was to be pushed, and how our server answered.
    pub fn pushes(&self) -> Vec<Push> {
        self.with(|world| world.pushes.clone())
    }

    /// The accounts' names by appid.
    pub fn app_names(&self) -> BTreeMap<String, String> {
        self.with(|world| {
            world
                .apps
                .iter()
                .map(|(id, app)| (id.clone(), app.spec.name.clone()))
                .collect()
        })
    }
}
