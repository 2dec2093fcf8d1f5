//! Access tokens: JWT, HS256 only, at most fifteen minutes, every claim required and checked.
//!
//! HS256 because the service verifies only its own tokens and the cheapest algorithm decides at
//! twenty thousand requests a second (performance.md); see ADR 0004.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{AccountId, CommitteeId, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::crypto::random;
use crate::error::{ApiError, Code, Result};

/// For which side of the service a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Members, inside WeChat.
    MiniProgram,
    /// Office, staff, leaders and auditors, in a browser.
    Console,
}

impl Audience {
    /// Its spelling in the token and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MiniProgram => "mini-program",
            Self::Console => "console",
        }
    }
}

/// What a token says. `typ` is ours: the library checks none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For which side.
    pub aud: Audience,
    /// The account.
    pub sub: AccountId,
    /// The committee.
    pub cid: CommitteeId,
    /// The session.
    pub sid: SessionId,
    /// The account's session version when it was issued.
    pub ver: i32,
    /// This token.
    pub jti: Uuid,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Not from here on.
    pub exp: i64,
    /// Always `access`.
    pub typ: String,
}

/// Issues and verifies access tokens.
pub struct Tokens {
    issuer: String,
    lifetime: TimeDelta,
    keys: Vec<(String, EncodingKey, DecodingKey)>,
    validation: Validation,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(***)")
    }
}

/// How far clocks may be apart.
const LEEWAY_SECONDS: i64 = 30;

impl Tokens {
    /// Signs with the first key and verifies with any.
    pub fn new(issuer: &str, access_seconds: u32, keys: &[(String, Vec<u8>)]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[Audience::MiniProgram.as_str(), Audience::Console.as_str()]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // The library asks the machine's clock; ours may be shifted. Times are checked below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let keys = keys
            .iter()
            .map(|(id, secret)| {
                (
                    id.clone(),
                    EncodingKey::from_secret(secret),
                    DecodingKey::from_secret(secret),
                )
            })
            .collect();
        Self {
            issuer: issuer.to_owned(),
            lifetime: TimeDelta::seconds(i64::from(access_seconds)),
            keys,
            validation,
        }
    }

    /// Seconds a token lives.
    pub fn lifetime_seconds(&self) -> i64 {
        self.lifetime.num_seconds()
    }

    /// A new token for a session.
    pub fn issue(
        &self,
        audience: Audience,
        committee: CommitteeId,
        account: AccountId,
        session: SessionId,
        version: i32,
        now: DateTime<Utc>,
    ) -> Result<String> {
        let (id, key, _) = &self.keys[0];
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience,
            sub: account,
            cid: committee,
            sid: session,
            ver: version,
            jti: Uuid::from_bytes(random()),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + self.lifetime).timestamp(),
            typ: "access".to_owned(),
        };
        let header = Header {
            kid: Some(id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(&header, &claims, key).map_err(ApiError::internal)
    }

    /// The claims of a token that is ours and in time.
    ///
    /// # Errors
    /// `unauthenticated` for anything but a token of ours, `token_expired` for an old one.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims> {
        let refused = || ApiError::new(Code::Unauthenticated);
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused())?;
        let kid = header.kid.ok_or_else(refused)?;
        let (_, _, key) = self
            .keys
            .iter()
            .find(|(id, ..)| *id == kid)
            .ok_or_else(refused)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| refused())?
            .claims;
        if claims.typ != "access" || now.timestamp() < claims.nbf - LEEWAY_SECONDS {
            return Err(refused());
        }
        if claims.exp + LEEWAY_SECONDS <= now.timestamp() {
            return Err(ApiError::new(Code::TokenExpired));
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(secret: u8) -> Tokens {
        Tokens::new("xingdong", 900, &[("a".to_owned(), vec![secret; 32])])
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn issue(tokens: &Tokens) -> String {
        let (committee, account, session) = (
            CommitteeId(Uuid::nil()),
            AccountId(Uuid::nil()),
            SessionId(Uuid::nil()),
        );
        tokens
            .issue(
                Audience::MiniProgram,
                committee,
                account,
                session,
                1,
                at(1000),
            )
            .unwrap()
    }

    #[test]
    fn a_token_lives_fifteen_minutes_and_half_a_minute_of_leeway() {
        let tokens = tokens(1);
        let token = issue(&tokens);

        assert!(tokens.verify(&token, at(1000)).is_ok());
        assert!(tokens.verify(&token, at(1929)).is_ok());
        assert_eq!(
            tokens.verify(&token, at(1930)).unwrap_err().code,
            Code::TokenExpired
        );
        assert_eq!(
            tokens.verify(&token, at(969)).unwrap_err().code,
            Code::Unauthenticated
        );
    }

    #[test]
    fn a_foreign_or_bent_token_is_refused() {
        let token = issue(&tokens(1));

        assert_eq!(
            tokens(2).verify(&token, at(1000)).unwrap_err().code,
            Code::Unauthenticated
        );
        for bent in [
            token.replace('.', ""),
            format!("{token}x"),
            String::new(),
            "a.b.c".to_owned(),
        ] {
            assert_eq!(
                tokens(1).verify(&bent, at(1000)).unwrap_err().code,
                Code::Unauthenticated
            );
        }
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        use base64::Engine;
        let token = issue(&tokens(1));
        let payload = token.split('.').nth(1).unwrap();
        let header =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"a"}"#);

        assert!(
            tokens(1)
                .verify(&format!("{header}.{payload}."), at(1000))
                .is_err()
        );
    }
}
