//! `xingdong doctor`: what is wrong with this installation, in the operator's words, and what to do
//! about it.
//!
//! It looks and changes nothing. What WeChat says of each account is asked by `check-config`, which
//! the doctor leaves to it.

mod configuration;
mod database;
mod machine;
mod postgres;
mod record;
mod sqlite;
mod work;

use std::fmt;
use std::path::Path;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::ApiError;
use crate::telemetry::redact;

pub use crate::wechat_account::Verdict;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: a stable word.
    pub check: &'static str,
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
        write!(f, "[{word}] {}：{}", self.check, self.text)?;
        if !self.advice.is_empty() {
            write!(f, "\n       处理：{}", self.advice)?;
        }
        Ok(())
    }
}

/// Collects what is found.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        check: &'static str,
        verdict: Verdict,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.0.push(Finding {
            check,
            verdict,
            text: text.into(),
            advice: advice.into(),
        });
    }

    fn fine(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(check, Verdict::Fine, text, "");
    }

    fn note(&mut self, check: &'static str, text: impl Into<String>, advice: impl Into<String>) {
        self.add(check, Verdict::Note, text, advice);
    }

    fn wrong(&mut self, check: &'static str, text: impl Into<String>, advice: impl Into<String>) {
        self.add(check, Verdict::Wrong, text, advice);
    }

    /// What could not be looked at is not known to be well.
    fn unread(&mut self, check: &'static str, error: &ApiError) {
        let cause = error.cause.as_ref().map_or_else(
            || error.code.as_str().to_owned(),
            |cause| redact(&format!("{cause:#}")),
        );
        self.wrong(
            check,
            format!("查不到：{cause}"),
            "核对数据库是否可用、迁移是否完成，再运行一次",
        );
    }
}

/// Looks at the installation that a configuration file and the environment describe; whatever can
/// be looked at is, also where something else is wrong.
pub async fn examine(file: Option<&Path>, clock: &Clock) -> Vec<Finding> {
    let mut findings = Findings::default();
    machine::examine(&mut findings);
    let config = match configuration::read(file, &mut findings) {
        Ok(config) => config,
        Err(error) => {
            findings.wrong(
                "configuration",
                format!("配置不能使用：{error:#}"),
                "按提示改正；xingdong config-example 给出一份完整的例子，说明见 docs/runbook.md",
            );
            return findings.0;
        }
    };
    configuration::examine(&config, &mut findings);
    machine::clock_against_http(&config, clock, &mut findings).await;
    if database::is_there(&config, &mut findings) {
        with_database(config, clock, &mut findings).await;
    }
    findings.0
}

async fn with_database(config: Config, clock: &Clock, findings: &mut Findings) {
    let app = match App::open(config, clock.clone()).await {
        Ok(app) => app,
        Err(error) => {
            findings.wrong(
                "database",
                redact(&format!("数据库打不开：{error:#}")),
                "核对 database.url、数据库是否运行、账号密码和网络",
            );
            return;
        }
    };
    work::examine_redis(&app, findings).await;
    if database::examine(&app, findings).await {
        record::examine(&app, findings).await;
        work::examine(&app, findings).await;
    }
}
