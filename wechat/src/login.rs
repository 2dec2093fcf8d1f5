//! Signing in to the mini-program: the code of `wx.login` against an openid.
//!
//! The `session_key` that comes along opens what [`crate::user_data`] is about. Whoever needs none
//! of that asks [`Account::login`] and never holds one.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::account::Account;
use crate::client::Body;
use crate::error::{Class, Endpoint, Error};
use crate::lenient;
use crate::user_data::session_signature;

/// Who is holding the phone.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// The person in this mini-program.
    pub openid: String,
    /// The person in all apps of one Open Platform account; absent while the mini-program hangs
    /// under none.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub unionid: Option<String>,
}

/// Somebody and the key of his session, which must reach no client, no log and no table in the
/// clear.
#[derive(Deserialize)]
pub struct KeyedSession {
    /// Who is holding the phone.
    #[serde(flatten)]
    pub session: Session,
    /// Lives until a later `wx.login` changes it, or until WeChat forgets it.
    pub session_key: SecretString,
}

#[derive(Deserialize)]
struct Renewed {
    openid: String,
    session_key: SecretString,
}

impl Account {
    /// Exchanges the code of `wx.login` and drops the `session_key` unread.
    ///
    /// The code is good for one try: nothing is ever repeated, and when no answer comes the
    /// error is [`Error::CodeMaybeBurnt`] and the client must ask for a new code.
    pub async fn login(&self, js_code: &str) -> Result<Session, Error> {
        self.exchange(js_code).await
    }

    /// Like [`Account::login`], for whoever needs the `session_key`.
    pub async fn login_with_key(&self, js_code: &str) -> Result<KeyedSession, Error> {
        self.exchange(js_code).await
    }

    /// Whether the key of a session still counts. If not, the client must ask `wx.login` again.
    pub async fn check_session(
        &self,
        openid: &str,
        session_key: &SecretString,
    ) -> Result<bool, Error> {
        let signature = session_signature(session_key.expose_secret(), "");
        let query = signed(openid, &signature);
        match self.get::<Value>(Endpoint::CheckSession, &query).await {
            Ok(_) => Ok(true),
            Err(Error::Api(error)) if error.class == Class::Session => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Another key for a session; it lives no longer than the old one would have.
    pub async fn reset_session(
        &self,
        openid: &str,
        session_key: &SecretString,
    ) -> Result<SecretString, Error> {
        let endpoint = Endpoint::ResetSession;
        let signature = session_signature(session_key.expose_secret(), "");
        let renewed: Renewed = self.get(endpoint, &signed(openid, &signature)).await?;
        if renewed.openid != openid {
            return Err(Error::Unbelievable {
                endpoint,
                what: "the session of somebody else",
            });
        }
        Ok(renewed.session_key)
    }

    async fn exchange<T: DeserializeOwned>(&self, js_code: &str) -> Result<T, Error> {
        let endpoint = Endpoint::Login;
        let query = vec![
            ("appid", self.app_id()),
            ("secret", self.app.secret.expose_secret()),
            ("js_code", js_code),
            ("grant_type", "authorization_code"),
        ];
        self.call_without_token(endpoint, query, Body::Nothing)
            .await
            .and_then(|answer| answer.json())
            .map_err(Error::burning_the_code)
    }
}

/// The query of a call about a session, which WeChat wants in the address although it is listed
/// as a body.
fn signed<'a>(openid: &'a str, signature: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("openid", openid),
        ("signature", signature),
        ("sig_method", "hmac_sha256"),
    ]
}
