//! What every call passes before its path decides: method, body, credential, source address,
//! kind of account and quota.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::SimKind;
use super::answer::{Ask, Heard, Outcome, Refused};
use super::endpoints::{self, Auth, Endpoint, Who};
use super::settings::Strictness;
use super::state::World;
use super::tokens;

impl World {
    /// Checks a call and lets its path decide.
    pub fn decide(&mut self, heard: &Heard) -> Outcome {
        let endpoint = endpoints::find(&heard.path)
            .ok_or_else(|| Refused::new(40066, format!("invalid url {}", heard.path)))?;
        let strictness = self.settings.strictness;
        if heard.get != endpoint.get && strictness.method {
            return Err(if endpoint.get {
                Refused::new(43001, "require GET method")
            } else {
                Refused::new(43002, "require POST method")
            });
        }
        let now = self.now();
        let token = heard.query.get("access_token").map_or("", String::as_str);
        let by_token = match endpoint.auth {
            Auth::Token => self.tokens.check(token, now)?,
            Auth::Secret | Auth::Nothing => String::new(),
        };
        if strictness.extra_parameters
            && let Some(extra) = endpoint.unknown_parameter(&heard.query)
        {
            return Err(Refused::new(40097, format!("invalid args: {extra}")));
        }
        let body = if endpoint.get || endpoint.raw {
            Value::Null
        } else {
            read_json(heard, strictness)?
        };
        let app_id = match endpoint.auth {
            Auth::Token => by_token,
            Auth::Secret => self.by_secret(&heard.query, &body)?,
            Auth::Nothing => return (endpoint.run)(self, &ask_of(String::new(), heard, body, now)),
        };
        self.admit(endpoint, &app_id, heard, now)?;
        (endpoint.run)(self, &ask_of(app_id, heard, body, now))
    }

    /// The checks that need to know the account: source address, kind and quota.
    fn admit(
        &mut self,
        endpoint: &Endpoint,
        app_id: &str,
        heard: &Heard,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let spec = &self
            .apps
            .get(app_id)
            .expect("credentials name known accounts")
            .spec;
        // Mini-programs are held to their whitelist only where the secret travels to mint a token.
        let address_matters = match spec.kind {
            SimKind::MiniProgram => endpoint.guarded,
            SimKind::ServiceAccount | SimKind::SubscriptionAccount => true,
        };
        if address_matters
            && let Some(whitelist) = &spec.ip_whitelist
            && !whitelist
                .iter()
                .any(|entry| tokens::covers(entry, heard.ip, spec.kind))
        {
            let ip = heard.ip;
            let errmsg = format!("invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist");
            return Err(Refused::new(40164, errmsg));
        }
        let allowed = match endpoint.who {
            Who::Everyone => true,
            Who::MiniProgram => spec.kind == SimKind::MiniProgram,
            Who::Official => spec.kind != SimKind::MiniProgram,
            Who::Service => spec.kind == SimKind::ServiceAccount,
        };
        if !allowed {
            return Err(Refused::new(48001, "api unauthorized"));
        }
        self.quotas.spend(app_id, endpoint.path, now)
    }

    fn by_secret(&self, query: &HashMap<String, String>, body: &Value) -> Result<String, Refused> {
        let given = |name: &str| {
            query
                .get(name)
                .map(String::as_str)
                .or_else(|| body[name].as_str())
                .unwrap_or_default()
        };
        let app_id = given("appid");
        let secret = if given("secret").is_empty() {
            given("appsecret")
        } else {
            given("secret")
        };
        if app_id.is_empty() {
            return Err(Refused::new(41002, "appid missing"));
        }
        if secret.is_empty() {
            return Err(Refused::new(41004, "appsecret missing"));
        }
        let app = self
            .app(app_id)
            .map_err(|_| Refused::new(40013, "invalid appid"))?;
        if app.spec.secret != secret {
            return Err(Refused::new(40125, "invalid appsecret"));
        }
        Ok(app_id.to_owned())
    }
}

fn ask_of(app_id: String, heard: &Heard, body: Value, now: DateTime<Utc>) -> Ask<'_> {
    Ask {
        app_id,
        query: &heard.query,
        body,
        bytes: &heard.body,
        now,
    }
}

fn read_json(heard: &Heard, strictness: Strictness) -> Result<Value, Refused> {
    let body: &[u8] = &heard.body;
    if body.is_empty() {
        return if strictness.empty {
            Err(Refused::new(44002, "empty post data"))
        } else {
            Ok(json!({}))
        };
    }
    if strictness.content_type && !heard.typed {
        return Err(Refused::new(47001, "data format error: no content type"));
    }
    if strictness.escapes && has_escapes(body) {
        return Err(Refused::new(
            40033,
            "invalid charset. please check your request, if include \\uxxxx will create fail!",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(value) => Ok(value),
        Err(_) if strictness.json => Err(Refused::new(47001, "data format error")),
        Err(_) => Ok(json!({})),
    }
}

/// Whether the body writes a character as `\uXXXX`, which WeChat does not take.
fn has_escapes(body: &[u8]) -> bool {
    let mut escaped = false;
    for byte in body {
        if escaped && *byte == b'u' {
            return true;
        }
        escaped = *byte == b'\\' && !escaped;
    }
    false
}
