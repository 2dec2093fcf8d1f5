//! Whether each account is what its configuration says, asked of WeChat, in the operator's words:
//! what was found, and what to do about it.

mod account;
mod callback;
mod explain;

use std::fmt;

use entity::{committee, wechat_account};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;
use wechat::Error;

use crate::app::App;
use crate::error::{ApiError, Result};
use crate::notice::TemplateCheck;
use crate::wechat_apps::WechatApp;

use account::check_account;
pub(super) use explain::explain;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is as it should be.
    Fine,
    /// It works, and something is worth knowing.
    Note,
    /// Something will not work.
    Wrong,
}

impl Verdict {
    /// The Chinese word for it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Fine => "正常",
            Self::Note => "注意",
            Self::Wrong => "错误",
        }
    }
}

/// What was found about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The account.
    pub app_id: String,
    /// How it is called.
    pub name: String,
    /// How grave it is.
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do; empty where nothing is to be done.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.verdict.zh();
        write!(
            f,
            "[{word}] {}（{}）：{}",
            self.name, self.app_id, self.text
        )?;
        if !self.advice.is_empty() {
            write!(f, "\n       处理：{}", self.advice)?;
        }
        Ok(())
    }
}

/// Asks WeChat about every configured account, and every account's address whether it answers.
pub async fn check(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    for account in app.wechat_apps.all() {
        findings.extend(check_account(app, account).await);
    }
    findings
}

/// The same, noted in the log and for the office.
pub async fn check_and_note(app: &App) {
    for account in app.wechat_apps.all() {
        check_and_note_account(app, account).await;
    }
}

/// The same for one account.
pub(super) async fn check_and_note_account(app: &App, account: &WechatApp) {
    let findings = check_account(app, account).await;
    for finding in &findings {
        let (app_id, text, advice) = (&finding.app_id, &finding.text, &finding.advice);
        match finding.verdict {
            Verdict::Fine => tracing::debug!(app_id, text, "an account was checked"),
            Verdict::Note => tracing::info!(app_id, text, advice, "an account was checked"),
            Verdict::Wrong => tracing::error!(app_id, text, advice, "an account is not ready"),
        }
    }
    if let Err(error) = note(app, account, &findings).await {
        let app_id = &account.config.app_id;
        tracing::error!(app_id, %error, "what was found of an account could not be noted");
    }
}

async fn note(app: &App, account: &WechatApp, findings: &[Finding]) -> Result<()> {
    use wechat_account::Column as C;
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(account.config.committee.as_str()))
        .one(app.db.read())
        .await?;
    let Some(committee) = committee else {
        return Ok(());
    };
    let problems: Vec<_> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Wrong)
        .map(|finding| json!({ "text": finding.text, "advice": finding.advice }))
        .collect();
    let row = wechat_account::ActiveModel {
        committee_id: Set(committee.id),
        app_id: Set(account.config.app_id.clone()),
        checked_at: Set(Some(app.clock.now())),
        problems: Set(Some(json!(problems))),
        ..Default::default()
    };
    app.db
        .housekeeping(async |txn| {
            let there = OnConflict::columns([C::CommitteeId, C::AppId])
                .update_columns([C::CheckedAt, C::Problems])
                .to_owned();
            wechat_account::Entity::insert(row)
                .on_conflict(there)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
}

/// Collects what is found of one account.
pub(super) struct Findings {
    app_id: String,
    name: String,
    found: Vec<Finding>,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        verdict: Verdict,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.found.push(Finding {
            app_id: self.app_id.clone(),
            name: self.name.clone(),
            verdict,
            text: text.into(),
            advice: advice.into(),
        });
    }

    pub(super) fn fine(&mut self, text: impl Into<String>) {
        self.add(Verdict::Fine, text, "");
    }

    fn wrong(&mut self, text: impl Into<String>, advice: impl Into<String>) {
        self.add(Verdict::Wrong, text, advice);
    }

    fn templates(&mut self, what: &str, check: TemplateCheck) {
        for problem in check.problems {
            self.wrong(
                format!("{}{what}：{}", problem.purpose.zh(), problem.text),
                problem.advice,
            );
        }
    }

    fn unreadable(&mut self, error: &ApiError) {
        self.wrong(
            format!("读不到本系统的模板设置：{error}"),
            "核对数据库是否可用，是否已运行 xingdong migrate up",
        );
    }

    pub(super) fn refused(&mut self, what: &str, error: &Error) {
        let (text, advice) = explain(error);
        self.wrong(format!("{what}：{text}"), advice);
    }
}
