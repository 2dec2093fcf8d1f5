//! Whether the callback address of an account answers, asked as WeChat asks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use wechat::crypto::MessageCrypt;

use super::{Findings, Verdict};
use crate::app::App;
use crate::config::{AppKind, Secret};
use crate::crypto::random;
use crate::wechat_apps::WechatApp;

/// The longest our own address may take; WeChat gives up after five seconds.
const OWN_ADDRESS: Duration = Duration::from_secs(5);

/// Whether the callback address answers as WeChat will ask it to.
pub(super) async fn check_callback(app: &App, account: &WechatApp, findings: &mut Findings) {
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
