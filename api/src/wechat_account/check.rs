//! Whether each account is what its configuration says, asked of WeChat, in the operator's words:
//! what was found, and what to do about it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::CommitteeId;
use entity::{committee, wechat_account};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;
use wechat::Error;
use wechat::crypto::MessageCrypt;

use crate::app::App;
use crate::callback::name_of;
use crate::config::{AppKind, Secret};
use crate::crypto::random;
use crate::db::SYSTEM;
use crate::error::{ApiError, Result};
use crate::notice::{TemplateCheck, check_subscriptions, check_templates};
use crate::wechat_apps::WechatApp;

/// The longest our own address may take; WeChat gives up after five seconds.
const OWN_ADDRESS: Duration = Duration::from_secs(5);

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
        let word = match self.verdict {
            Verdict::Fine => "正常",
            Verdict::Note => "注意",
            Verdict::Wrong => "错误",
        };
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

async fn check_account(app: &App, account: &WechatApp) -> Vec<Finding> {
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(account.config.committee.as_str()))
        .one(app.db.read())
        .await
        .ok()
        .flatten();
    let id = committee.as_ref().map_or(SYSTEM, |committee| committee.id);
    let name = match account.config.kind {
        AppKind::MiniProgram if account.config.name.is_none() => "小程序".to_owned(),
        _ => name_of(app, id, account).await.unwrap_or_default(),
    };
    let mut findings = Findings {
        app_id: account.config.app_id.clone(),
        name,
        found: Vec::new(),
    };
    if committee.is_none() {
        findings.wrong(
            format!("配置的政协委员会 {} 不存在", account.config.committee),
            "先用 xingdong found 建立委员会，或改正 committee",
        );
    }
    check_callback(app, account, &mut findings).await;
    match check_subscriptions(app, id, account).await {
        Ok(check) => findings.templates("订阅消息模板", check),
        Err(error) => findings.unreadable(&error),
    }
    match account.client.probe().await {
        Ok(()) => findings.fine("access_token 可以取得，密钥和 IP 白名单正确"),
        Err(error) => {
            findings.refused("取不到 access_token", &error);
            return findings.found;
        }
    }
    if account.config.kind == AppKind::OfficialAccount {
        check_official(app, id, account, &mut findings).await;
    }
    findings.found
}

/// Kind, templates and menu of an official account.
async fn check_official(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
    findings: &mut Findings,
) {
    match account.client.templates().await {
        Err(Error::Api(error)) if error.code == 48001 => findings.wrong(
            "不是已认证的服务号（48001），不能发送模板消息",
            "在公众平台核对账号类型：订阅号（公众号）须迁移或另行注册服务号，未认证的须先完成认证",
        ),
        Err(error) => findings.refused("读不到模板列表", &error),
        Ok(there) => {
            findings.fine(format!("是已认证的服务号，有 {} 个模板", there.len()));
            match check_templates(app, committee, account, &there).await {
                Err(error) => findings.unreadable(&error),
                Ok(check) if check.in_use == 0 => findings.add(
                    Verdict::Note,
                    "没有配置任何模板，通知只进入站内信和电话名单",
                    "在 [wechat.apps.templates] 中按用途配置模板",
                ),
                Ok(check) if check.problems.is_empty() => findings.fine(format!(
                    "配置的 {} 个模板都存在，字段和取值相符",
                    check.in_use
                )),
                Ok(check) => findings.templates("模板", check),
            }
        }
    }
    super::menu::check(app, account, findings).await;
}

/// Whether the callback address answers as WeChat will ask it to.
async fn check_callback(app: &App, account: &WechatApp, findings: &mut Findings) {
    let config = &account.config;
    let official = config.kind == AppKind::OfficialAccount;
    let (Some(token), Some(key)) = (&config.token, &config.aes_key) else {
        let advice =
            "在配置中填写 token 和 aes_key，并在公众平台“服务器配置”中填写相同的值，选安全模式";
        if official {
            findings.wrong("没有配置消息推送，收不到关注、送达结果和留言", advice);
        } else {
            findings.add(
                Verdict::Note,
                "没有配置消息推送，收不到订阅消息授权和图片检查结果",
                advice,
            );
        }
        return;
    };
    if config.original_id.is_none() {
        findings.add(
            Verdict::Note,
            "没有配置原始 ID，推送的收件账号不核对",
            "在公众平台“账号详情”中查到 gh_ 开头的原始 ID，填入 original_id",
        );
    }
    let previous = config.previous_aes_key.as_ref().map(Secret::reveal);
    let crypt = match MessageCrypt::new(&config.app_id, token.reveal(), key.reveal(), previous) {
        Ok(crypt) => crypt,
        Err(error) => {
            findings.wrong(
                format!("EncodingAESKey 不能使用：{error}"),
                "从公众平台“服务器配置”重新复制 43 位的 EncodingAESKey",
            );
            return;
        }
    };
    if config.callback_mode != wechat::callback::Mode::Safe {
        findings.add(
            Verdict::Note,
            "消息推送没有使用安全模式",
            "在公众平台改为安全模式，并去掉 callback_mode",
        );
    }
    let Some(public) = &app.config.wechat.public_url else {
        findings.add(
            Verdict::Note,
            "没有配置 wechat.public_url，未检查回调地址",
            "填写微信访问本系统所用的网址，如 https://station.example.org",
        );
        return;
    };
    let url = format!(
        "{}/wechat/callback/{}",
        public.trim_end_matches('/'),
        config.app_id
    );
    match ask_own_address(&url, &crypt, app.clock.now()).await {
        Ok(()) => findings.fine(format!("回调地址 {url} 应答正确")),
        Err(why) => findings.wrong(
            format!("回调地址 {url} {why}"),
            "核对域名解析、证书和反向代理，确认网址转发到本系统，且配置相同",
        ),
    }
}

/// Asks an address what WeChat asks when the address is entered in its console.
async fn ask_own_address(
    url: &str,
    crypt: &MessageCrypt,
    now: DateTime<Utc>,
) -> std::result::Result<(), String> {
    let timestamp = now.timestamp().to_string();
    let nonce = u32::from_be_bytes(random()).to_string();
    let echo = hex::encode(random::<8>());
    let signature = crypt.signature(&timestamp, &nonce, None);
    let client = reqwest::Client::builder()
        .timeout(OWN_ADDRESS)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| error.to_string())?;
    let answer = client
        .get(url)
        .query(&[
            ("signature", &signature),
            ("timestamp", &timestamp),
            ("nonce", &nonce),
            ("echostr", &echo),
        ])
        .send()
        .await
        .map_err(|error| {
            if error.is_timeout() {
                "5 秒内没有应答".to_owned()
            } else {
                "连接不上".to_owned()
            }
        })?;
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap_or_default();
    match (status, body == echo) {
        (200, true) => Ok(()),
        (200, false) => Err("应答的内容不对，可能被其他程序接管".to_owned()),
        (403, _) => Err("拒绝了正确的签名（403），它使用的 token 或时钟不同".to_owned()),
        (404, _) => Err("不认识这个账号（404）".to_owned()),
        (status, _) => Err(format!("应答 {status}")),
    }
}

/// What a refusal means and what to do about it.
pub(super) fn explain(error: &Error) -> (String, String) {
    let api = match error {
        Error::Api(api) => api,
        Error::NotSent { .. } => {
            return (
                "连接不上微信".to_owned(),
                "核对服务器能否访问 api.weixin.qq.com（域名解析、防火墙、wechat.base_url）"
                    .to_owned(),
            );
        }
        Error::Ambiguous { .. } => {
            return (
                "微信没有给出可读的应答".to_owned(),
                "稍后再试；若一直如此，核对出口代理和 wechat.base_url".to_owned(),
            );
        }
        other => return (other.to_string(), "把这一行交给维护人员".to_owned()),
    };
    let (text, advice) = match api.code {
        40001 | 40125 => (
            "AppSecret 不正确",
            "在公众平台重置或重新复制 AppSecret，填入 secret；注意不要填成别的账号的",
        ),
        40013 | 40002 => ("AppID 不正确", "核对 app_id 是否为 wx 开头的 18 位"),
        40164 => {
            let seen = api
                .seen_ip
                .map_or_else(|| "（未告知）".to_owned(), |ip| ip.to_string());
            return (
                format!("服务器地址 {seen} 不在该账号的 IP 白名单中（40164）"),
                format!(
                    "在公众平台“设置与开发—安全中心—IP 白名单”中加入 {seen}；出口地址变动后每个账号都要改"
                ),
            );
        }
        40243 => ("AppSecret 已被冻结", "在公众平台“开发接口管理”中解冻"),
        48001 => (
            "该账号没有这个接口的权限（48001）",
            "核对账号是否为已认证的服务号，以及接口权限是否开通",
        ),
        45064 => (
            "小程序没有与该公众号关联（45064）",
            "在公众平台“广告与服务—小程序管理”中关联小程序",
        ),
        45009 => (
            "今日调用次数已用完（45009）",
            "次日零点恢复，或在公众平台清零",
        ),
        50002 | 50007 | 61004 => ("账号被限制使用", "登录公众平台查看站内信并按提示处理"),
        89503 | 89506 | 89507 => (
            "该地址的调用等待管理员确认",
            "请账号管理员在微信上确认后再试",
        ),
        _ => {
            return (
                format!("微信拒绝（{}）：{}", api.code, api.message),
                "按错误码查微信文档，或把这一行交给维护人员".to_owned(),
            );
        }
    };
    (text.to_owned(), advice.to_owned())
}
