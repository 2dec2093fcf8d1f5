//! A client of the service, as a phone or an office program would be one.

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};

/// Speaks to a running service.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, or null where there is none or it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that must be a success.
    pub fn ok(self) -> Result<Value> {
        if (200..300).contains(&self.status) {
            Ok(self.body)
        } else {
            bail!("{}: {}", self.status, self.body)
        }
    }
}

impl Client {
    /// A client of the service at `base`, without a slash at its end.
    pub fn new(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(30))
            .build()?;
        Ok(Self {
            base: base.to_owned(),
            http,
        })
    }

    /// The client underneath, for what is not JSON.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The address of a path of the API.
    pub fn url(&self, path: &str) -> String {
        let prefix = if path.starts_with("/api") || !path.starts_with('/') {
            ""
        } else {
            "/api/v1"
        };
        format!("{}{prefix}{path}", self.base)
    }

    /// One call with a JSON body or none.
    pub async fn call(
        &self,
        method: Method,
        token: Option<&str>,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut request = self.http.request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request
            .send()
            .await
            .with_context(|| format!("calling {path}"))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Answer {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }

    /// A GET that must succeed.
    pub async fn get(&self, token: &str, path: &str) -> Result<Value> {
        self.call(Method::GET, Some(token), path, None)
            .await?
            .ok()
            .with_context(|| format!("GET {path}"))
    }

    /// A POST that must succeed.
    pub async fn post(&self, token: &str, path: &str, body: Value) -> Result<Value> {
        self.call(Method::POST, Some(token), path, Some(&body))
            .await?
            .ok()
            .with_context(|| format!("POST {path}"))
    }

    /// A PUT that must succeed.
    pub async fn put(&self, token: &str, path: &str, body: Value) -> Result<Value> {
        self.call(Method::PUT, Some(token), path, Some(&body))
            .await?
            .ok()
            .with_context(|| format!("PUT {path}"))
    }

    /// Signs in with a password and, where the account has one, a TOTP code.
    pub async fn password(
        &self,
        username: &str,
        password: &str,
        totp: Option<String>,
    ) -> Result<String> {
        let body = json!({ "username": username, "password": password, "totp": totp });
        let answer = self
            .call(Method::POST, None, "/auth/password", Some(&body))
            .await?
            .ok()
            .context("POST /auth/password")?;
        token(&answer)
    }

    /// Signs in with what `wx.login` yielded.
    pub async fn wechat(&self, app_id: &str, code: &str) -> Result<Value> {
        let body = json!({ "app_id": app_id, "code": code });
        self.call(Method::POST, None, "/auth/wechat", Some(&body))
            .await?
            .ok()
            .context("POST /auth/wechat")
    }

    /// Uploads a roster file and hands back its preview.
    pub async fn upload_roster(&self, token: &str, name: &str, file: Vec<u8>) -> Result<Answer> {
        let part = reqwest::multipart::Part::bytes(file)
            .file_name(name.to_owned())
            .mime_str("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")?;
        let form = reqwest::multipart::Form::new().part("file", part);
        let response = self
            .http
            .post(self.url("/roster/imports"))
            .bearer_auth(token)
            .multipart(form)
            .send()
            .await?;
        let status = response.status().as_u16();
        Ok(Answer {
            status,
            body: response.json().await.unwrap_or(Value::Null),
        })
    }
}

/// The access token of an answer to a sign-in.
pub fn token(answer: &Value) -> Result<String> {
    Ok(answer["access_token"]
        .as_str()
        .context("an access token")?
        .to_owned())
}
