//! WeChat's judgement of what people write and upload, which a mini-program must ask for.
//!
//! The texts of a consultative conference are about politics by nature. So what WeChat finds to be
//! politics goes to a person and is never refused by a machine, and what to do when WeChat does not
//! judge is the caller's to choose.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};
use crate::lenient;

/// As many characters as WeChat judges at once.
const PIECE: usize = 2500;

/// Where the words will stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// On somebody's own page.
    Profile,
    /// Below something else.
    Comment,
    /// In a forum.
    Forum,
    /// In a log others follow.
    SocialLog,
}

impl Scene {
    const fn number(self) -> u8 {
        match self {
            Self::Profile => 1,
            Self::Comment => 2,
            Self::Forum => 3,
            Self::SocialLog => 4,
        }
    }
}

/// Words to be judged.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// Who wrote them, in the mini-program; he must have opened it within two hours, else 61010.
    pub openid: String,
    /// Where they will stand.
    pub scene: Scene,
    /// The words; more than 2,500 characters are judged in pieces, and the worst counts.
    pub content: String,
    /// Their title.
    pub title: Option<String>,
    /// What the writer calls himself.
    pub nickname: Option<String>,
}

/// A recording or a picture to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Up to 10 MB.
    Audio,
    /// Up to 10 MB.
    Image,
}

/// What follows from a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It may be shown.
    Pass,
    /// A person decides.
    HumanReview,
    /// WeChat holds it to be against the rules, and not for politics.
    Risky,
}

/// What happens to a text WeChat does not judge, because it is silent, over its quota or has not
/// seen the writer for two hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// It passes.
    Open,
    /// A person decides.
    Closed,
}

/// What WeChat found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub i64);

impl Label {
    /// Nothing.
    pub const OK: Self = Self(100);
    /// Advertising.
    pub const ADVERTISING: Self = Self(10001);
    /// Politics: always for a person to decide.
    pub const POLITICS: Self = Self(20001);
    /// Pornography.
    pub const PORNOGRAPHY: Self = Self(20002);
    /// Abuse.
    pub const ABUSE: Self = Self(20003);
    /// Crime.
    pub const CRIME: Self = Self(20006);
    /// Fraud.
    pub const FRAUD: Self = Self(20008);
    /// Vulgarity.
    pub const VULGARITY: Self = Self(20012);
    /// Somebody's copyright.
    pub const COPYRIGHT: Self = Self(20013);
    /// Something else.
    pub const OTHER: Self = Self(21000);
}

/// WeChat's judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What follows from it.
    pub verdict: Verdict,
    /// WeChat's suggestion in its own word: `pass`, `review` or `risky`.
    pub suggest: String,
    /// What was found.
    pub label: Label,
    /// WeChat's number for it.
    pub trace_id: String,
}

impl Judgement {
    /// Reads WeChat's suggestion. A word we have not met goes to a person.
    pub fn read(suggest: &str, label: Label, trace_id: &str) -> Self {
        let suggest = suggest.trim().to_ascii_lowercase();
        let verdict = match suggest.as_str() {
            "pass" => Verdict::Pass,
            "risky" if label != Label::POLITICS => Verdict::Risky,
            _ => Verdict::HumanReview,
        };
        Self {
            verdict,
            suggest,
            label,
            trace_id: trace_id.to_owned(),
        }
    }
}

/// What follows from a judgement or from its absence.
pub fn settle(judged: &Result<Judgement, Error>, unjudged: Unjudged) -> Verdict {
    match (judged, unjudged) {
        (Ok(judgement), _) => judgement.verdict,
        // 87014 is how the older interface called a text illegal: it says not for what.
        (Err(Error::Api(refusal)), _) if refusal.code == 87014 => Verdict::HumanReview,
        (Err(_), Unjudged::Open) => Verdict::Pass,
        (Err(_), Unjudged::Closed) => Verdict::HumanReview,
    }
}

/// What follows from [`crate::callback::Event::MediaCheck`]; a `code` other than 0 says that
/// WeChat could not judge.
pub fn settle_media(
    code: Option<i64>,
    suggest: Option<&str>,
    label: Option<i64>,
    unjudged: Unjudged,
) -> Verdict {
    match (code.unwrap_or(0), suggest, unjudged) {
        (0, Some(suggest), _) => {
            Judgement::read(suggest, label.map_or(Label::OTHER, Label), "").verdict
        }
        (_, _, Unjudged::Open) => Verdict::Pass,
        (_, _, Unjudged::Closed) => Verdict::HumanReview,
    }
}

#[derive(Deserialize)]
struct Judged {
    result: Found,
    #[serde(default)]
    detail: Vec<Found>,
    #[serde(default)]
    trace_id: String,
}

/// The result, or what one of the strategies behind it found.
#[derive(Deserialize)]
struct Found {
    #[serde(default, deserialize_with = "lenient::opt_text")]
    suggest: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_int")]
    label: Option<i64>,
}

impl Found {
    fn is_politics(&self) -> bool {
        self.label == Some(Label::POLITICS.0) && self.suggest.as_deref() != Some("pass")
    }
}

#[derive(Deserialize)]
struct Traced {
    trace_id: String,
}

impl Account {
    /// Has words judged: 4,000 calls a minute, 2 million a day.
    pub async fn check_words(&self, words: &Words) -> Result<Judgement, Error> {
        let characters: Vec<char> = words.content.chars().collect();
        LimitError::unless(!characters.is_empty(), "content", "at least one character")?;
        let mut worst: Option<Judgement> = None;
        for piece in characters.chunks(PIECE) {
            let judgement = self.check_piece(words, piece.iter().collect()).await?;
            if worst
                .as_ref()
                .is_none_or(|worst| worst.verdict < judgement.verdict)
            {
                worst = Some(judgement);
            }
        }
        Ok(worst.expect("at least one piece was judged"))
    }

    async fn check_piece(&self, words: &Words, content: String) -> Result<Judgement, Error> {
        let mut body = Map::new();
        body.insert("version".into(), json!(2));
        body.insert("scene".into(), json!(words.scene.number()));
        body.insert("openid".into(), json!(words.openid));
        body.insert("content".into(), json!(content));
        for (name, value) in [("title", &words.title), ("nickname", &words.nickname)] {
            if let Some(value) = value {
                body.insert(name.into(), json!(value));
            }
        }
        let judged: Judged = self
            .post(Endpoint::MsgSecCheck, Value::Object(body))
            .await?;
        let suggest = judged.result.suggest.as_deref().unwrap_or_default();
        // A text can break two rules at once; as soon as one of them is politics, a person reads.
        let label = if judged.detail.iter().any(Found::is_politics) {
            Label::POLITICS
        } else {
            judged.result.label.map_or(Label::OTHER, Label)
        };
        Ok(Judgement::read(suggest, label, &judged.trace_id))
    }

    /// Has a recording or a picture judged: 2,000 calls a minute. The judgement comes within half
    /// an hour as [`crate::callback::Event::MediaCheck`] with the `trace_id` returned here.
    ///
    /// WeChat fetches it from `media_url`, so the address must be open to the world.
    pub async fn check_media(
        &self,
        media_url: &str,
        kind: MediaKind,
        scene: Scene,
        openid: &str,
    ) -> Result<String, Error> {
        let media_type = match kind {
            MediaKind::Audio => 1,
            MediaKind::Image => 2,
        };
        let body = json!({
            "media_url": media_url, "media_type": media_type, "version": 2,
            "scene": scene.number(), "openid": openid,
        });
        let traced: Traced = self.post(Endpoint::MediaCheckAsync, body).await?;
        Ok(traced.trace_id)
    }
}
