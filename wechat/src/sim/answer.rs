//! What a call asks and what goes back: one shape for every path, so that the paths themselves
//! only decide. How an answer may be spoilt on its way is left to `fault` and `server`.

use std::collections::HashMap;
use std::net::IpAddr;

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The content type of every JSON answer; yes, `encoding`.
pub(super) const JSON: &str = "application/json; encoding=utf-8";

/// A request as it came in.
pub(super) struct Heard {
    pub get: bool,
    /// Without the slash at the front.
    pub path: String,
    pub query: HashMap<String, String>,
    pub body: Bytes,
    /// It says what its body is.
    pub typed: bool,
    pub ip: IpAddr,
}

/// A request that has passed the checks all paths share.
pub(super) struct Ask<'a> {
    /// Empty where a path asks for no credential.
    pub app_id: String,
    pub query: &'a HashMap<String, String>,
    /// The JSON body; null where there is none.
    pub body: Value,
    pub bytes: &'a Bytes,
    pub now: DateTime<Utc>,
}

impl Ask<'_> {
    /// A parameter of the query; empty when missing.
    pub fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// A text in the body; empty when missing or no text.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

/// A number, which clients also write as text and WeChat takes.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

/// A successful answer.
pub(super) enum Good {
    Json(Value),
    Image(&'static [u8]),
    /// Only the picture of an unknown ticket is a real 404.
    Missing,
}

/// A refusal, before the rid is added to its text.
#[derive(Debug)]
pub(super) struct Refused {
    pub errcode: i64,
    pub errmsg: String,
}

impl Refused {
    pub fn new(errcode: i64, errmsg: impl Into<String>) -> Self {
        Self {
            errcode,
            errmsg: errmsg.into(),
        }
    }
}

pub(super) type Outcome = Result<Good, Refused>;

/// `{"errcode":0,"errmsg":"ok"}` and nothing else.
pub(super) fn done() -> Outcome {
    done_with(json!({}))
}

/// The fields given, behind `errcode` 0 and `errmsg` ok.
#[expect(clippy::unnecessary_wraps, reason = "paths end with it")]
pub(super) fn done_with(fields: Value) -> Outcome {
    let mut answer = json!({ "errcode": 0, "errmsg": "ok" });
    if let (Value::Object(answer), Value::Object(fields)) = (&mut answer, fields) {
        answer.extend(fields);
    }
    Ok(Good::Json(answer))
}

/// The fields given and no `errcode`, as the older paths answer.
#[expect(clippy::unnecessary_wraps, reason = "paths end with it")]
pub(super) fn bare(fields: Value) -> Outcome {
    Ok(Good::Json(fields))
}

/// What is written to the socket.
pub(super) struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub errcode: Option<i64>,
}

impl Reply {
    /// Writes an outcome down; `rid` ends the text of a refusal.
    pub fn of(outcome: Outcome, rid: &str) -> Self {
        match outcome {
            Ok(Good::Json(value)) => Self {
                status: 200,
                content_type: JSON,
                body: value.to_string().into_bytes(),
                errcode: Some(value["errcode"].as_i64().unwrap_or(0)),
            },
            Ok(Good::Image(bytes)) => Self {
                status: 200,
                content_type: "image/png",
                body: bytes.to_vec(),
                errcode: None,
            },
            Ok(Good::Missing) => Self {
                status: 404,
                content_type: "text/plain",
                body: Vec::new(),
                errcode: None,
            },
            Err(Refused { errcode, errmsg }) => {
                let value = json!({ "errcode": errcode, "errmsg": format!("{errmsg} rid: {rid}") });
                Self {
                    status: 200,
                    content_type: JSON,
                    body: value.to_string().into_bytes(),
                    errcode: Some(errcode),
                }
            }
        }
    }
}

/// The words WeChat uses for a code, where callers are known to read them.
pub(super) fn words_for(errcode: i64) -> &'static str {
    match errcode {
        -1 => "system error",
        40001 => {
            "invalid credential, access_token is invalid or not latest, could get access_token by \
             getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
        }
        40003 => "invalid openid",
        40013 => "invalid appid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40037 => "invalid template_id",
        40164 => "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
        40252 => "part of content is in review",
        42001 => "access_token expired",
        42003 => "oauth_code expired",
        43004 => "require subscribe",
        43019 => "require remove blacklist",
        43101 => "user refuse to accept the msg",
        43117 => "message to this user is too frequent",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit, must slower, retry next minute",
        48001 => "api unauthorized",
        50002 => "user limited",
        _ => "error by request of the simulator",
    }
}
