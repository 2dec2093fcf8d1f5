//! What the office does to an account: read its followers again, publish its menu.

use domain::ids::CommitteeId;
use entity::wechat_account;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};
use serde_json::json;

use super::menu;
use super::queries::of_committee;
use crate::access::{Permit, op};
use crate::app::App;
use crate::callback::RESYNC;
use crate::config::AppKind;
use crate::db::NewJob;
use crate::error::{ApiError, Code, Result};
use crate::wechat_apps::WechatApp;

/// The official account of a committee under this `AppID`.
async fn official<'a>(app: &'a App, committee: CommitteeId, app_id: &str) -> Result<&'a WechatApp> {
    of_committee(app, committee)
        .await?
        .into_iter()
        .find(|account| {
            account.config.app_id == app_id && account.config.kind == AppKind::OfficialAccount
        })
        .ok_or_else(ApiError::not_found)
}

/// Has all followers of an account read again by a job, as after it was put under an open
/// platform account: then WeChat tells unionids also of those who followed before.
pub(super) async fn resync<'a>(
    app: &'a App,
    permit: &Permit<op::WechatAccountResync>,
    app_id: &str,
) -> Result<&'a WechatApp> {
    let account = official(app, permit.committee(), app_id).await?;
    permit
        .write(app, async |write| {
            write.about("wechat_account", app_id);
            write.job(NewJob {
                kind: RESYNC,
                payload: json!({ "app_id": app_id }),
                run_at: write.at,
                // Whoever taps twice has it read once.
                unique_key: Some(format!("resync:{app_id}:{}", write.at.timestamp() / 60)),
            });
            Ok(())
        })
        .await?;
    app.work.notify_one();
    Ok(account)
}

/// Publishes the menu of an account: the configured one, else the usual one.
///
/// # Errors
/// `wechat_refused` with what WeChat says and what to do.
pub(super) async fn publish_menu<'a>(
    app: &'a App,
    permit: &Permit<op::WechatMenuPublish>,
    app_id: &str,
) -> Result<&'a WechatApp> {
    let account = official(app, permit.committee(), app_id).await?;
    let menu = menu::of(app, account)?;
    // Who wanted it stands in the record before anybody sees it.
    permit
        .write(app, async |write| {
            write.about("wechat_account", app_id);
            Ok(())
        })
        .await?;
    account
        .client
        .create_menu(&menu)
        .await
        .map_err(|error| match &error {
            wechat::Error::Api(_) | wechat::Error::Limit(_) => {
                let (text, advice) = super::check::explain(&error);
                ApiError::with(Code::WechatRefused, format!("{text}。{advice}"))
            }
            _ => ApiError {
                retry_after: Some(5),
                cause: Some(error.into()),
                ..ApiError::new(Code::WechatUnavailable)
            },
        })?;
    let (committee, now) = (permit.committee(), app.clock.now());
    app.db
        .housekeeping(async |txn| {
            use wechat_account::Column as C;
            let row = wechat_account::ActiveModel {
                committee_id: Set(committee),
                app_id: Set(app_id.to_owned()),
                menu_published_at: Set(Some(now)),
                ..Default::default()
            };
            let there = OnConflict::columns([C::CommitteeId, C::AppId])
                .update_column(C::MenuPublishedAt)
                .to_owned();
            wechat_account::Entity::insert(row)
                .on_conflict(there)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await?;
    Ok(account)
}
