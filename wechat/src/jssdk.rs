//! What a page needs before `WeChat` lets it use the `JSSDK`: a signature, made with a ticket.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use tokio::sync::Mutex;

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::lenient;
use crate::token::SharedToken;

/// A ticket is renewed this long before its end, so that what it signed outlives the page's load.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Signs the address of a page; what follows a `#` is not part of it.
pub fn signature(jsapi_ticket: &str, noncestr: &str, timestamp: i64, url: &str) -> String {
    let page = url.split('#').next().unwrap_or(url);
    let text =
        format!("jsapi_ticket={jsapi_ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}");
    hex::encode(Sha1::digest(text))
}

/// What a page hands to `wx.config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageConfig {
    /// The account.
    pub app_id: String,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// What the caller drew at random.
    pub nonce_str: String,
    /// The signature over all of it and the address.
    pub signature: String,
}

/// The ticket of one account: fetched once for all who wait, used until shortly before its end.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<Option<SharedToken>>);

#[derive(Deserialize)]
struct Granted {
    ticket: SecretString,
    #[serde(deserialize_with = "lenient::int")]
    expires_in: i64,
}

impl Account {
    /// Signs the address of a page at the time of the client's clock; `nonce_str` must be drawn
    /// at random.
    pub async fn sign_page(&self, url: &str, nonce_str: &str) -> Result<PageConfig, Error> {
        let now = self.client.now();
        let ticket = self.jsapi_ticket(now).await?;
        let timestamp = now.timestamp();
        Ok(PageConfig {
            app_id: self.app_id().to_owned(),
            timestamp,
            nonce_str: nonce_str.to_owned(),
            signature: signature(ticket.expose_secret(), nonce_str, timestamp, url),
        })
    }

    /// One caller fetches while the others wait. A ticket that cannot be renewed serves to its
    /// end.
    async fn jsapi_ticket(&self, now: DateTime<Utc>) -> Result<SecretString, Error> {
        let mut held = self.tickets.0.lock().await;
        if let Some(ticket) = held.as_ref()
            && now < ticket.expires_at - MARGIN
        {
            return Ok(ticket.text.clone());
        }
        let shared_as = format!("{}/jsapi_ticket", self.app_id());
        if let Some(ticket) = self.client.load_shared(&shared_as).await
            && now < ticket.expires_at - MARGIN
        {
            return Ok(held.insert(ticket).text.clone());
        }
        let granted: Result<Granted, Error> =
            self.get(Endpoint::JsapiTicket, &[("type", "jsapi")]).await;
        match (granted, held.as_ref()) {
            (Ok(granted), _) => {
                let life = TimeDelta::try_seconds(granted.expires_in).unwrap_or_default();
                let ticket = SharedToken {
                    text: granted.ticket,
                    fetched_at: now,
                    expires_at: now + life,
                };
                self.client.store_shared(&shared_as, ticket.clone()).await;
                Ok(held.insert(ticket).text.clone())
            }
            (Err(error), Some(ticket)) if now < ticket.expires_at => {
                tracing::warn!(app_id = self.app_id(), %error, "serving the ticket at hand");
                Ok(ticket.text.clone())
            }
            (Err(error), _) => Err(error),
        }
    }
}
