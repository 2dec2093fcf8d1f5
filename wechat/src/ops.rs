//! What an operator asks: quotas, what became of a request, addresses, a look from outside.

use std::net::IpAddr;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::Account;
use crate::client::Body;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::lenient;

/// How often a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Quota {
    /// A day, from midnight in Beijing.
    #[serde(deserialize_with = "lenient::int")]
    pub daily_limit: i64,
    /// Today so far.
    #[serde(deserialize_with = "lenient::int")]
    pub used: i64,
    /// Today from now on.
    #[serde(deserialize_with = "lenient::int")]
    pub remain: i64,
}

/// How often a call may be made in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct RateLimit {
    /// So many calls.
    #[serde(deserialize_with = "lenient::int")]
    pub call_count: i64,
    /// In so many seconds.
    #[serde(deserialize_with = "lenient::int")]
    pub refresh_second: i64,
}

/// The quota of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Quotas {
    /// Of a day.
    pub quota: Quota,
    /// In a row, if the call has such a limit.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct RequestFacts {
    /// When it came in, in seconds since 1970.
    #[serde(deserialize_with = "lenient::int")]
    pub invoke_time: i64,
    /// How long it took, in milliseconds.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub cost_in_ms: Option<i64>,
    /// Our address as WeChat saw it.
    #[serde(default)]
    pub client_ip: String,
    /// What WeChat answered; it may name people.
    #[serde(default)]
    pub response_body: String,
}

impl std::fmt::Debug for RequestFacts {
    /// The answer may name people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestFacts")
            .field("invoke_time", &self.invoke_time)
            .field("cost_in_ms", &self.cost_in_ms)
            .field("client_ip", &self.client_ip)
            .finish_non_exhaustive()
    }
}

/// From where WeChat looks at our callback address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// WeChat chooses.
    #[default]
    Default,
    /// 电信.
    ChinaNet,
    /// 联通.
    Unicom,
    /// Tencent's own.
    Cap,
}

impl Carrier {
    const fn word(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::ChinaNet => "CHINANET",
            Self::Unicom => "UNICOM",
            Self::Cap => "CAP",
        }
    }
}

/// What WeChat sees of the host of our callback address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CallbackView {
    /// What its name resolves to.
    #[serde(default)]
    pub dns: Vec<Resolved>,
    /// How it answers.
    #[serde(default)]
    pub ping: Vec<Pinged>,
}

/// An address of our host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Resolved {
    /// The address.
    pub ip: String,
    /// Whose it is.
    #[serde(default)]
    pub real_operator: String,
}

/// How an address of our host answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pinged {
    /// The address.
    pub ip: String,
    /// From where.
    #[serde(default)]
    pub from_operator: String,
    /// Such as `0%`.
    #[serde(default)]
    pub package_loss: String,
    /// Such as `23.079ms`.
    #[serde(default)]
    pub time: String,
}

#[derive(Deserialize)]
struct Traced {
    request: RequestFacts,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(default)]
    ip_list: Vec<String>,
}

/// A network, such as `203.0.113.0/24`; an address alone is one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads an entry of WeChat's lists.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Self { address, bits })
    }

    /// Whether an address belongs to it.
    pub fn contains(self, address: IpAddr) -> bool {
        let (ours, theirs, width) = match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                (u128::from(ours.to_bits()), u128::from(theirs.to_bits()), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => (ours.to_bits(), theirs.to_bits(), 128),
            _ => return false,
        };
        let free = width - u32::from(self.bits);
        ours.checked_shr(free).unwrap_or(0) == theirs.checked_shr(free).unwrap_or(0)
    }
}

impl Account {
    /// The quota of a call, for instance when it answers 45009.
    pub async fn quota(&self, of: Endpoint) -> Result<Quotas, Error> {
        let body = json!({ "cgi_path": of.path() });
        self.post(Endpoint::QuotaGet, body).await
    }

    /// What became of a request within the last seven days, by its rid. 76001 is no such rid.
    pub async fn request_facts(&self, rid: &str) -> Result<RequestFacts, Error> {
        let traced: Traced = self.post(Endpoint::RidGet, json!({ "rid": rid })).await?;
        Ok(traced.request)
    }

    /// Sets all quotas of the app to nothing used. Ten times a month, both ways together (48006).
    pub async fn clear_quota(&self) -> Result<(), Error> {
        let body = json!({ "appid": self.app_id() });
        self.order(Endpoint::ClearQuota, body).await
    }

    /// The same when no token is to be had, because the quota of tokens is used up.
    pub async fn clear_quota_by_secret(&self) -> Result<(), Error> {
        let body = json!({
            "appid": self.app_id(), "appsecret": self.app.secret.expose_secret(),
        });
        self.call_without_token(Endpoint::ClearQuotaBySecret, vec![], Body::Json(body))
            .await?
            .json::<Value>()
            .map(drop)
    }

    /// Where WeChat's pushes come from, for a firewall.
    pub async fn callback_networks(&self) -> Result<Vec<Network>, Error> {
        self.networks(Endpoint::CallbackAddresses).await
    }

    /// Where WeChat's interface is, for a firewall.
    pub async fn api_networks(&self) -> Result<Vec<Network>, Error> {
        self.networks(Endpoint::ApiAddresses).await
    }

    async fn networks(&self, endpoint: Endpoint) -> Result<Vec<Network>, Error> {
        let listed: Addresses = self.get(endpoint, &[]).await?;
        // A half-read list would close a firewall to WeChat.
        let networks: Option<Vec<_>> = listed
            .ip_list
            .iter()
            .map(|one| Network::parse(one))
            .collect();
        networks.ok_or(Error::Unbelievable {
            endpoint,
            what: "an address that is none",
        })
    }

    /// Lets WeChat look up and ping the host of our callback address.
    pub async fn check_callback(&self, from: Carrier) -> Result<CallbackView, Error> {
        let body = json!({ "action": "all", "check_operator": from.word() });
        self.post(Endpoint::CallbackCheck, body).await
    }
}
