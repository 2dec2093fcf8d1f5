//! Who opens a web page inside WeChat (网页授权).
//!
//! The tokens here are a person's, not the app's: nothing of this goes through [`crate::token`],
//! and nothing is ever repeated.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use crate::account::Account;
use crate::client::Body;
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};
use crate::lenient;
use crate::qrcode::encoded;

/// What a page asks a person for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Who he is, without asking him.
    Base,
    /// His name and picture as well, with his consent.
    UserInfo,
}

impl Scope {
    const fn word(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
        }
    }
}

/// Who opened a page.
#[derive(Debug)]
pub enum Visitor {
    /// A person.
    Person(Box<Grant>),
    /// Somebody who looks at the page in WeChat's preview (`is_snapshotuser`). WeChat makes up an
    /// openid for him, so there is none here: nobody can be bound to it.
    Snapshot,
}

/// What a person granted.
pub struct Grant {
    /// The person in this account.
    pub openid: String,
    /// The person in all apps of one Open Platform account.
    pub unionid: Option<String>,
    /// What he granted, in WeChat's words.
    pub scope: String,
    /// Opens [`Account::oauth_user_info`] for `expires_in` seconds.
    pub access_token: SecretString,
    /// How long, in seconds.
    pub expires_in: i64,
    /// Renews the above for thirty days.
    pub refresh_token: SecretString,
}

/// What WeChat tells about a person who consented.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct OauthUser {
    /// The person in this account.
    pub openid: String,
    /// What he calls himself.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub nickname: Option<String>,
    /// His picture.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub headimgurl: Option<String>,
    /// The person in all apps of one Open Platform account.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub unionid: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    #[serde(deserialize_with = "lenient::int")]
    expires_in: i64,
    refresh_token: SecretString,
    openid: String,
    #[serde(default)]
    scope: String,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    unionid: Option<String>,
    #[serde(default, deserialize_with = "yes")]
    is_snapshotuser: bool,
}

/// 1 or `true`.
fn yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == true || lenient::as_int(&value) == Some(1))
}

impl From<Granted> for Visitor {
    fn from(granted: Granted) -> Self {
        if granted.is_snapshotuser {
            return Self::Snapshot;
        }
        Self::Person(Box::new(Grant {
            openid: granted.openid,
            unionid: granted.unionid,
            scope: granted.scope,
            access_token: granted.access_token,
            expires_in: granted.expires_in,
            refresh_token: granted.refresh_token,
        }))
    }
}

impl Account {
    /// Where to send a browser so that it comes back to `redirect_uri` with a `code` and our
    /// `state`, which is a word the caller draws at random and checks.
    pub fn authorize_url(
        &self,
        redirect_uri: &str,
        scope: Scope,
        state: &str,
    ) -> Result<String, LimitError> {
        let kept = state.len() <= 128 && state.bytes().all(|byte| byte.is_ascii_alphanumeric());
        LimitError::unless(kept, "state", "up to 128 letters and digits")?;
        // The page compares the query letter by letter: this order, and the fragment at its end.
        Ok(format!(
            "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={}\
             &state={state}#wechat_redirect",
            self.app.open_url.trim_end_matches('/'),
            encoded(self.app_id()),
            encoded(redirect_uri),
            scope.word(),
        ))
    }

    /// Exchanges the code a page came back with. It is good for one try, as in
    /// [`Account::login`].
    pub async fn oauth_visitor(&self, code: &str) -> Result<Visitor, Error> {
        let query = vec![
            ("appid", self.app_id()),
            ("secret", self.app.secret.expose_secret()),
            ("code", code),
            ("grant_type", "authorization_code"),
        ];
        let answer = self
            .call_without_token(Endpoint::OauthToken, query, Body::Nothing)
            .await;
        let granted: Granted = answer
            .and_then(|answer| answer.json())
            .map_err(Error::burning_the_code)?;
        Ok(granted.into())
    }

    /// Renews what a person granted.
    pub async fn oauth_refresh(&self, refresh_token: &SecretString) -> Result<Visitor, Error> {
        let query = vec![
            ("appid", self.app_id()),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        let granted: Granted = self
            .call_without_token(Endpoint::OauthRefresh, query, Body::Nothing)
            .await?
            .json()?;
        Ok(granted.into())
    }

    /// The name and the picture of a person who granted [`Scope::UserInfo`].
    pub async fn oauth_user_info(&self, grant: &Grant) -> Result<OauthUser, Error> {
        let query = vec![
            ("access_token", grant.access_token.expose_secret()),
            ("openid", &grant.openid),
            ("lang", "zh_CN"),
        ];
        self.call_without_token(Endpoint::OauthUserInfo, query, Body::Nothing)
            .await?
            .json()
    }

    /// Whether a person's token still counts.
    pub async fn oauth_is_valid(&self, grant: &Grant) -> Result<bool, Error> {
        let query = vec![
            ("access_token", grant.access_token.expose_secret()),
            ("openid", &grant.openid),
        ];
        let answer = self
            .call_without_token(Endpoint::OauthCheck, query, Body::Nothing)
            .await?;
        match answer.json::<serde_json::Value>() {
            Ok(_) => Ok(true),
            Err(Error::Api(error)) if matches!(error.code, 40001 | 40003 | 40014 | 42001) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
