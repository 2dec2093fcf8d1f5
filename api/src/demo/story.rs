//! The year behind the demo: roster, activity days, a quarter that was run, one activity now.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::calendar::{Quarter, ShiftPolicy, propose};
use domain::people::SeatKind;
use domain::time::{instant, local_date};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wechat::sim::{PersonSpec, Push, Sim};

use super::cast::{self, Member};
use super::client::{Client, token};
use super::world::{COMMITTEE, DEMO_GROUPS, MINI_PROGRAM, official_account};
use crate::app::App;
use crate::founding::{self, Account, Credentials, Founding, Group, Term};

/// What the page needs to know of the story.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The members.
    pub members: Vec<Member>,
    /// The accounts with passwords.
    pub accounts: Vec<Shown>,
    /// The activity that is open for check-in.
    pub open_activity: String,
    /// Its title.
    pub open_title: String,
    /// The period scores are looked at in.
    pub period: String,
}

/// An account as the page shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// Sign-in name.
    pub username: String,
    /// Password.
    pub password: String,
    /// TOTP secret, base32.
    pub totp_secret: Option<String>,
    /// Which seat, in Chinese.
    pub seat: String,
}

const SPECIALS: [&str; 5] = [
    "提案委",
    "经济委",
    "教科卫体委",
    "农业和农村委",
    "社会法制民族宗教委",
];
const NUMERALS: [&str; 5] = ["一", "二", "三", "四", "五"];

/// The committee of the demo, its term covering `today`.
pub fn committee(today: NaiveDate) -> Founding {
    let begins = today.year() - (today.year() - 2022).rem_euclid(5);
    let day = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).expect("a fixed day of a year")
    };
    let account = |username: &str, display_name: &str, seat, special: Option<&str>| Account {
        username: username.to_owned(),
        display_name: display_name.to_owned(),
        seat,
        special_committee: special.map(str::to_owned),
    };
    let mut accounts = vec![
        account("office", "办公室甲", SeatKind::Office, None),
        account("office2", "办公室乙", SeatKind::Office, None),
        account("leader", "主席会议", SeatKind::Leader, None),
        account("auditor", "监督员", SeatKind::Auditor, None),
        account("admin", "系统管理员", SeatKind::Admin, None),
    ];
    for (index, special) in SPECIALS.iter().enumerate() {
        accounts.push(account(
            &format!("staff{}", index + 1),
            special,
            SeatKind::Staff,
            Some(special),
        ));
    }
    Founding {
        code: COMMITTEE.to_owned(),
        name: "邢东区政协（演示）".to_owned(),
        term: Term {
            name: "第五届".to_owned(),
            starts_on: day(begins, 1, 1),
            ends_on: day(begins + 4, 12, 31),
        },
        sectors: cast::SECTORS.map(str::to_owned).to_vec(),
        special_committees: SPECIALS.map(str::to_owned).to_vec(),
        groups: (0..DEMO_GROUPS)
            .map(|group| Group {
                name: format!("第{}活动组", NUMERALS[group]),
                special_committee: SPECIALS[group].to_owned(),
                station: format!("第{}驿站", NUMERALS[group]),
                address: Some(format!("邢东区第{}街道委员驿站", NUMERALS[group])),
                latitude: Some(37.07),
                longitude: Some(114.5),
                app_id: Some(official_account(group)),
            })
            .collect(),
        accounts,
    }
}

/// Puts the members and whom they follow into the simulator: five in six follow their station.
pub fn people(sim: &Sim, told: &Told) {
    for (index, member) in told.members.iter().enumerate() {
        sim.handle.add_person(PersonSpec {
            key: &member.key,
            phone: &member.phone,
        });
        if index % 6 != 5 {
            sim.handle
                .follow(&official_account(member.group), &member.key);
        }
    }
}

/// Lives the year up to `now` and tells what the page needs.
pub async fn tell(app: &Arc<App>, sim: &Sim, base: &str, now: DateTime<Utc>) -> Result<Told> {
    let today = local_date(now);
    let founding = committee(today);
    let last = propose(previous(Quarter::of(today)), ShiftPolicy::PreviousWorkday).proposed_date;
    let begins = instant(last - TimeDelta::days(30), NaiveTime::MIN) + TimeDelta::hours(9);
    app.clock.set(begins);
    let (_, credentials) = founding::found(app, &founding)
        .await
        .map_err(|error| anyhow::anyhow!("founding: {error:?}"))?;
    let mut told = Told {
        members: cast::members(190, DEMO_GROUPS),
        accounts: credentials.iter().map(shown).collect(),
        open_activity: String::new(),
        open_title: String::new(),
        period: Quarter::of(today).year.to_string(),
    };
    people(sim, &told);
    let stage = Stage {
        app,
        sim,
        client: Client::new(base)?,
        credentials,
        members: told.members.clone(),
    };

    stage.roster(&founding).await?;
    stage.confirm_year(today.year()).await?;
    stage.last_quarter(last).await?;
    stage.duty(now).await?;
    (told.open_activity, told.open_title) = stage.open_activity(now).await?;
    Ok(told)
}

fn shown(credentials: &Credentials) -> Shown {
    Shown {
        username: credentials.username.clone(),
        password: credentials.password.clone(),
        totp_secret: credentials.totp_secret.clone(),
        seat: credentials.seat.zh().to_owned(),
    }
}

fn previous(quarter: Quarter) -> Quarter {
    Quarter::of(quarter.first_day() - TimeDelta::days(1))
}

/// Everybody who acts.
struct Stage<'a> {
    app: &'a Arc<App>,
    sim: &'a Sim,
    client: Client,
    credentials: Vec<Credentials>,
    members: Vec<Member>,
}

/// The group that meets in the morning and in the afternoon.
const ALL_DAY: usize = 2;
/// How many phones act at once.
const AT_ONCE: usize = 6;

impl Stage<'_> {
    async fn account(&self, username: &str) -> Result<String> {
        let account = self
            .credentials
            .iter()
            .find(|account| account.username == username)
            .context("an account of the demo")?;
        let code = account.totp_code(self.app.clock.now());
        self.client
            .password(username, &account.password, code)
            .await
    }

    async fn member(&self, member: &Member) -> Result<String> {
        let code = self.sim.handle.login_code(MINI_PROGRAM, &member.key);
        let answer = self.client.wechat(MINI_PROGRAM, &code).await?;
        let access = token(&answer)?;
        if answer["bound"] != json!(true) {
            let phone_code = self.sim.handle.phone_code(&member.key);
            self.client
                .post(
                    &access,
                    "/auth/wechat/bind",
                    json!({ "phone_code": phone_code }),
                )
                .await?;
        }
        Ok(access)
    }

    /// The office uploads the roster, looks at the preview and applies it.
    async fn roster(&self, founding: &Founding) -> Result<()> {
        let office = self.account("office2").await?;
        let groups: Vec<_> = founding
            .groups
            .iter()
            .map(|group| group.name.clone())
            .collect();
        let file = cast::roster_xlsx(&self.members, &groups)?;
        let preview = self
            .client
            .upload_roster(&office, "委员名册.xlsx", file)
            .await?
            .ok()
            .context("roster preview")?;
        let id = preview["import_id"].as_str().context("an import id")?;
        let body = json!({ "plan_hash": preview["plan_hash"] });
        self.client
            .post(&office, &format!("/roster/imports/{id}/apply"), body)
            .await?;
        Ok(())
    }

    /// The office confirms the four activity days as proposed.
    async fn confirm_year(&self, year: i32) -> Result<()> {
        self.app.clock.advance(TimeDelta::minutes(1));
        let office = self.account("office").await?;
        let days = self
            .client
            .get(&office, &format!("/calendar/activity-days?year={year}"))
            .await?;
        for day in days.as_array().context("four days")? {
            let quarter = day["quarter"].as_str().context("a quarter")?;
            let shifted = day["proposed_date"] != day["rule_date"];
            let reason = shifted.then_some("规定日期为法定节假日，提前到上一个工作日");
            let body = json!({ "confirmed_date": day["proposed_date"], "reason": reason });
            self.client
                .put(&office, &format!("/calendar/activity-days/{quarter}"), body)
                .await?;
        }
        Ok(())
    }

    /// Drafts, submits, approves and publishes an activity of a group.
    async fn publish(&self, group: usize, activity: Value) -> Result<String> {
        let convener = self
            .members
            .iter()
            .find(|member| member.group == group && member.convener)
            .context("a convener")?;
        let convener = self.member(convener).await?;
        let groups = self.client.get(&convener, "/groups").await?;
        let id = groups["items"][group]["id"]
            .as_str()
            .or(groups[group]["id"].as_str())
            .context("a group")?;
        let mut activity = activity;
        activity["group_id"] = json!(id);
        let activity = self.client.post(&convener, "/activities", activity).await?;
        let id = activity["id"].as_str().context("an activity")?.to_owned();
        self.client
            .post(&convener, &format!("/activities/{id}/submit"), json!({}))
            .await?;
        let staff = self.account(&format!("staff{}", group + 1)).await?;
        self.client
            .post(&staff, &format!("/activities/{id}/approve"), json!({}))
            .await?;
        self.client
            .post(&convener, &format!("/activities/{id}/publish"), json!({}))
            .await?;
        Ok(id)
    }

    /// Last quarter's day: each group met, one of them in the morning and in the afternoon; most
    /// came, some late, some on leave, some not at all.
    async fn last_quarter(&self, day: NaiveDate) -> Result<()> {
        let starts = instant(
            day,
            NaiveTime::from_hms_opt(14, 30, 0).expect("a time of day"),
        );
        let titles = [
            "学习贯彻会议精神",
            "走访企业调研",
            "视察河道治理",
            "基层协商议事",
            "委员大讲堂",
        ];
        let kinds = ["study", "research", "inspection", "consultation", "study"];
        let mut activities = Vec::new();
        self.app.clock.set(starts - TimeDelta::days(7));
        let morning = starts - TimeDelta::hours(5);
        let session = |from: DateTime<Utc>| json!({ "starts_at": from.to_rfc3339(), "ends_at": (from + TimeDelta::hours(2)).to_rfc3339() });
        for group in 0..DEMO_GROUPS {
            let sessions = if group == ALL_DAY {
                vec![session(morning), session(starts)]
            } else {
                vec![session(starts)]
            };
            let activity = json!({
                "kind": kinds[group], "mode": if group == 4 { "lecture_hall" } else { "annual_plan" },
                "title": titles[group], "content": "请带好记录本，准时参加。", "venue": format!("第{}驿站", NUMERALS[group]),
                "sessions": sessions,
            });
            activities.push(self.publish(group, activity).await?);
        }
        self.deliver().await?;
        self.for_each(|index, _| index % 10 < 8, async |_, member, access| {
            let path = format!("/activities/{}/reply", activities[member.group]);
            let leave = member.key.ends_with('7');
            let body = if leave {
                json!({ "answer": "leave", "reason_code": "official_duty", "reason": "单位有重要会议" })
            } else {
                json!({ "answer": "attend" })
            };
            self.client.put(&access, &path, body).await?;
            Ok(())
        })
        .await?;
        for (group, activity) in activities.iter().enumerate() {
            let staff = self.account(&format!("staff{}", group + 1)).await?;
            let asked = self
                .client
                .get(&staff, &format!("/activities/{activity}/leave-requests"))
                .await?;
            for (index, request) in asked["items"]
                .as_array()
                .or(asked.as_array())
                .context("leave requests")?
                .iter()
                .enumerate()
            {
                let id = request["id"].as_str().context("a leave request")?;
                let body = json!({ "approve": index % 4 != 3, "note": "已阅" });
                self.client
                    .post(&staff, &format!("/leave-requests/{id}/decide"), body)
                    .await?;
            }
        }
        self.app.clock.set(morning - TimeDelta::minutes(8));
        self.arrive(&activities, |index, member| {
            member.group == ALL_DAY && index % 11 != 10 && !member.key.ends_with('7')
        })
        .await?;
        self.app.clock.set(starts - TimeDelta::minutes(8));
        self.arrive(&activities, |index, member| {
            index % 7 != 6 && index % 9 != 8 && !member.key.ends_with('7')
        })
        .await?;
        self.app.clock.set(starts + TimeDelta::minutes(25));
        self.arrive(&activities, |index, member| {
            index % 9 == 8 && !member.key.ends_with('7')
        })
        .await?;
        self.app.clock.set(starts + TimeDelta::hours(3));
        for (group, activity) in activities.iter().enumerate() {
            let staff = self.account(&format!("staff{}", group + 1)).await?;
            self.client
                .post(&staff, &format!("/activities/{activity}/close"), json!({}))
                .await?;
        }
        Ok(())
    }

    /// Members for whom `comes` holds enter the code their group's screen shows.
    async fn arrive(
        &self,
        activities: &[String],
        comes: impl Fn(usize, &Member) -> bool,
    ) -> Result<()> {
        let mut screens = Vec::new();
        for (group, activity) in activities.iter().enumerate() {
            let awaited =
                |(index, member): (usize, &Member)| member.group == group && comes(index, member);
            if !self.members.iter().enumerate().any(awaited) {
                screens.push(Value::Null);
                continue;
            }
            let staff = self.account(&format!("staff{}", group + 1)).await?;
            screens.push(
                self.client
                    .get(&staff, &format!("/activities/{activity}/check-in-code"))
                    .await?["code"]
                    .clone(),
            );
        }
        // The demo's clock runs on while 190 phones check in, so each sends the slot it saw.
        let slot = domain::checkin::Slot::at(self.app.clock.now());
        self.for_each(comes, async |index, member, access| {
            let path = format!("/activities/{}/check-ins", activities[member.group]);
            let body = json!({ "code": screens[member.group], "slot": slot.0, "client_id": format!("demo-{index}") });
            self.client.post(&access, &path, body).await?;
            Ok(())
        })
        .await
    }

    async fn for_each(
        &self,
        picked: impl Fn(usize, &Member) -> bool,
        act: impl AsyncFn(usize, &Member, String) -> Result<()>,
    ) -> Result<()> {
        let picked = self
            .members
            .iter()
            .enumerate()
            .filter(|(index, member)| picked(*index, member));
        stream::iter(picked)
            .map(async |(index, member)| {
                let access = self.member(member).await?;
                act(index, member, access).await
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await
    }

    /// A few duty records: declared, checked, most of them verified.
    async fn duty(&self, now: DateTime<Utc>) -> Result<()> {
        self.app.clock.set(now - TimeDelta::days(5));
        let done_on = local_date(now) - TimeDelta::days(20);
        let kinds = [
            ("proposal", "关于完善社区养老服务的提案"),
            ("opinion_report", "关于农村道路照明的社情民意"),
            ("good_deed", "为村小学捐赠图书"),
            ("contact_log", "走访联系的企业"),
        ];
        for (index, member) in self
            .members
            .iter()
            .enumerate()
            .filter(|(index, _)| index % 8 == 0)
        {
            let (kind, title) = kinds[index / 8 % kinds.len()];
            let access = self.member(member).await?;
            let body = json!({ "kind": kind, "title": title, "content": "详见附件。", "done_on": done_on, "evidence_ids": [], "submit": true });
            let record = self.client.post(&access, "/duty-records", body).await?;
            if index % 24 != 0 {
                let id = record["id"].as_str().context("a record")?;
                let staff = self.account(&format!("staff{}", member.group + 1)).await?;
                self.client
                    .post(&staff, &format!("/duty-records/{id}/verify"), json!({}))
                    .await?;
            }
        }
        Ok(())
    }

    /// One activity of the first group that is open for check-in now.
    async fn open_activity(&self, now: DateTime<Utc>) -> Result<(String, String)> {
        let title = "冬季助老服务".to_owned();
        self.app.clock.set(now - TimeDelta::days(4));
        let activity = json!({
            "kind": "service", "mode": "party_building", "title": title, "content": "走进社区，服务老人。", "venue": "第一驿站",
            "starts_at": (now + TimeDelta::minutes(20)).to_rfc3339(), "ends_at": (now + TimeDelta::hours(3)).to_rfc3339(),
            "opens_at": (now - TimeDelta::minutes(10)).to_rfc3339(), "closes_at": (now + TimeDelta::hours(3)).to_rfc3339(),
            "late_after": (now + TimeDelta::minutes(30)).to_rfc3339(),
        });
        let id = self.publish(0, activity).await?;
        self.deliver().await?;
        let eve = local_date(now) - TimeDelta::days(1);
        let evening = NaiveTime::from_hms_opt(18, 5, 0).expect("a time of day");
        for reminded in [now - TimeDelta::hours(26), instant(eve, evening)] {
            self.app.clock.set(reminded);
            self.deliver().await?;
        }
        self.app.clock.set(now);
        Ok((id, title))
    }

    /// Waits until the worker has carried out what is due and the simulator has told of it: what is
    /// pushed after the clock was moved is too old to be taken.
    async fn deliver(&self) -> Result<()> {
        self.app.work.notify_one();
        while crate::worker::run_due(self.app)
            .await
            .map_err(|error| anyhow::anyhow!("jobs: {error}"))?
            > 0
        {}
        let told = async {
            while self.sim.handle.pushes().iter().any(is_under_way) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // What nobody takes is tried again for longer than a demonstration should wait.
        let _late = tokio::time::timeout(Duration::from_secs(2), told).await;
        Ok(())
    }
}

fn is_under_way(push: &Push) -> bool {
    !push.lost && !push.delivered
}
