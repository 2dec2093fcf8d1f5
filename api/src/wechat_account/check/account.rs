//! What is asked of one account: its token, its kind, its templates, its menu.

use domain::ids::CommitteeId;
use entity::committee;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use wechat::Error;
use wechat::security::{Scene, Words};

use super::callback::check_callback;
use super::{Findings, Verdict};
use crate::app::App;
use crate::callback::name_of;
use crate::config::AppKind;
use crate::db::SYSTEM;
use crate::notice::{check_subscriptions, check_templates, has_subscriptions};
use crate::wechat_account::menu;
use crate::wechat_apps::WechatApp;

/// WeChat does not open a call to an app of this kind.
const NOT_OPEN: i64 = 48001;

/// Everything that is found of one account.
pub(super) async fn check_account(app: &App, account: &WechatApp) -> Vec<super::Finding> {
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
    match account.client.probe().await {
        Ok(()) => findings.fine("access_token 可以取得，密钥和 IP 白名单正确"),
        Err(error) => {
            findings.refused("取不到 access_token", &error);
            return findings.found;
        }
    }
    match account.config.kind {
        AppKind::OfficialAccount => check_official(app, id, account, &mut findings).await,
        AppKind::MiniProgram => check_mini_program(account, &mut findings).await,
    }
    check_subscribed(app, id, account, &mut findings).await;
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
        Err(Error::Api(error)) if error.code == NOT_OPEN => findings.wrong(
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
    menu::check(app, account, findings).await;
}

/// Whether a mini-program is one. Judging words is open to mini-programs alone; asked about
/// nobody, WeChat refuses it to them, too, and with another code.
async fn check_mini_program(account: &WechatApp, findings: &mut Findings) {
    let nobody = Words {
        openid: "nobody".to_owned(),
        scene: Scene::Comment,
        content: "检查".to_owned(),
        title: None,
        nickname: None,
    };
    match account.client.check_words(&nobody).await {
        Err(Error::Api(error)) if error.code == NOT_OPEN => findings.wrong(
            "不是小程序（48001）",
            "核对 app_id：这是公众号或其他应用的 AppID，小程序的 AppID 在小程序后台“开发管理”中",
        ),
        Ok(_) | Err(Error::Api(_)) => findings.fine("是小程序"),
        Err(error) => findings.refused("核对不了是否为小程序", &error),
    }
}

/// The templates of subscription messages: whether they are there, and what their fields take.
async fn check_subscribed(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
    findings: &mut Findings,
) {
    match has_subscriptions(app, committee, account).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return findings.unreadable(&error),
    }
    let there = match account.client.subscribe_templates().await {
        Ok(there) => there,
        Err(error) => return findings.refused("读不到订阅消息模板列表", &error),
    };
    match check_subscriptions(app, committee, account, &there).await {
        Err(error) => findings.unreadable(&error),
        Ok(check) if check.problems.is_empty() => findings.fine(format!(
            "配置的 {} 个订阅消息模板都存在，字段和取值相符",
            check.in_use
        )),
        Ok(check) => findings.templates("订阅消息模板", check),
    }
}
