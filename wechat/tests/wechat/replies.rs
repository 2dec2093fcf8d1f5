//! What we say in the very response to a push, and whether WeChat could read it.

use serde_json::{Value, json};
use wechat::callback::reply::{Article, Content, News, PageLink, Salt, Text, seal};
use wechat::callback::{Endpoint, Mode, Push, Query, open};
use wechat::crypto::MessageCrypt;

use crate::envelope::Wechat;
use crate::pushes::{KEY, TOKEN, endpoint, now, open_plain, said};

const APP_ID: &str = "wxba5fad812f8e6fb9";
const OLD_KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
const SALT: Salt = Salt {
    nonce: "1320562132",
    random16: *b"aaaabbbbccccdddd",
};

fn page() -> PageLink<'static> {
    PageLink {
        app_id: "wx0123456789abcdef",
        path: "pages/checkin?id=7&from=oa",
        url: None,
    }
}

fn said_in_json(content: &str) -> String {
    json!({
        "ToUserName": "gh_1", "FromUserName": "alice", "CreateTime": 1, "MsgType": "text",
        "Content": content, "MsgId": "2",
    })
    .to_string()
}

fn subscribed() -> Push {
    let body = said("alice", "").replace("text", "event");
    open_plain(&body.replace("</xml>", "<Event>subscribe</Event></xml>")).unwrap()
}

fn plain(push: &Push, content: &Content) -> String {
    seal(&endpoint(Mode::Plain), push, content, SALT, now())
        .unwrap()
        .body
}

/// The text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to).unwrap().0
}

#[test]
fn a_text_with_a_page_of_the_mini_program_is_written_in_the_format_of_the_push() {
    let text = Text::new("您有 1 个活动：\n").page("春季调研", &page());
    assert!(!text.is_cut());
    let content = Content::Text(text);
    let link = "<a data-miniprogram-appid=\"wx0123456789abcdef\" \
                data-miniprogram-path=\"pages/checkin?id=7&from=oa\">春季调研</a>";

    let push = open_plain(&said("alice", "活动")).unwrap();
    assert_eq!(
        plain(&push, &content),
        format!(
            "<xml><ToUserName><![CDATA[alice]]></ToUserName>\
             <FromUserName><![CDATA[gh_1]]></FromUserName><CreateTime>1795000000</CreateTime>\
             <MsgType><![CDATA[text]]></MsgType>\
             <Content><![CDATA[您有 1 个活动：\n{link}]]></Content></xml>"
        )
    );

    let push = open_plain(&said_in_json("活动")).unwrap();
    let answer = seal(&endpoint(Mode::Plain), &push, &content, SALT, now()).unwrap();
    assert_eq!(answer.content_type, "application/json; charset=utf-8");
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        answer,
        json!({
            "ToUserName": "alice", "FromUserName": "gh_1", "CreateTime": 1_795_000_000,
            "MsgType": "text", "Content": format!("您有 1 个活动：\n{link}"),
        })
    );
}

#[test]
fn nobody_writes_tags_into_our_texts() {
    let text = Text::new("<a href=\"http://evil\">奖品</a>]]>\u{7}\r\n&lt;")
        .page(
            "点\">这里<b>",
            &PageLink {
                app_id: "wx1\" onclick=\"",
                path: "p?x=\"><script>",
                url: Some("https://a.example/?q=\"'` <b>"),
            },
        )
        .link("官网", "https://a.example/\">");
    assert_eq!(
        text.as_str(),
        "＜a href=\"http://evil\"＞奖品＜/a＞]]＞\n&lt;\
         <a href=\"https://a.example/?q=%22%27%60%20%3Cb%3E\" \
         data-miniprogram-appid=\"wx1%22%20onclick=%22\" \
         data-miniprogram-path=\"p?x=%22%3E%3Cscript%3E\">点\"＞这里＜b＞</a>\
         <a href=\"https://a.example/%22%3E\">官网</a>"
    );
}

#[test]
fn cdata_cannot_be_left() {
    let news = News::new(vec![Article {
        title: "]]><Evil/>".into(),
        description: "a\u{0}\u{1b}b".into(),
        pic_url: "https://a.example/1.png".into(),
        url: "https://a.example/?a=1&b=2".into(),
    }])
    .unwrap();
    let push = open_plain(&said("alice", "活动")).unwrap();
    let body = plain(&push, &Content::News(news));
    assert!(
        body.contains(
            "<ArticleCount>1</ArticleCount><Articles><item>\
             <Title><![CDATA[]]]]><![CDATA[><Evil/>]]></Title>\
             <Description><![CDATA[ab]]></Description>\
             <PicUrl><![CDATA[https://a.example/1.png]]></PicUrl>\
             <Url><![CDATA[https://a.example/?a=1&b=2]]></Url></item></Articles>"
        ),
        "{body}"
    );
}

#[test]
fn a_text_is_never_longer_than_wechat_takes_and_a_link_never_cut_in_two() {
    let mut text = Text::new("活动：\n");
    for _ in 0..40 {
        text = text.page("春季调研", &page()).words("\n");
    }
    assert!(text.is_cut());
    assert!(text.as_str().len() <= Text::LIMIT);
    assert!(1800 < text.as_str().len());
    assert_eq!(
        text.as_str().matches("<a ").count(),
        text.as_str().matches("</a>").count()
    );
    let full = Text::new(&"a".repeat(2048));
    assert!(!full.is_cut());
    assert!(full.words("b").is_cut());
}

#[test]
fn as_many_articles_as_wechat_takes() {
    let article = Article {
        title: "t".into(),
        description: String::new(),
        pic_url: String::new(),
        url: "https://a.example".into(),
    };
    assert!(News::new(vec![]).is_err());
    assert!(News::new(vec![article.clone(); 9]).is_err());
    let eight = Content::News(News::new(vec![article; 8]).unwrap());

    let message = open_plain(&said("alice", "活动")).unwrap();
    let refused = seal(&endpoint(Mode::Plain), &message, &eight, SALT, now());
    assert_eq!(refused.unwrap_err().field, "Articles");
    assert!(plain(&subscribed(), &eight).contains("<ArticleCount>8</ArticleCount>"));
}

#[test]
fn pictures_and_handing_over_have_their_form() {
    let push = subscribed();
    let media_id = "media-1".to_owned();
    assert!(plain(&push, &Content::Image { media_id }).contains(
        "<MsgType><![CDATA[image]]></MsgType><Image><MediaId><![CDATA[media-1]]></MediaId></Image>"
    ));
    assert!(
        plain(&push, &Content::TransferToCustomerService)
            .contains("<MsgType><![CDATA[transfer_customer_service]]></MsgType></xml>")
    );
}

#[test]
fn an_answer_is_sealed_with_the_key_that_opened_the_push_and_wechat_can_read_it() {
    let content = Content::Text(Text::new("好"));
    let crypt = MessageCrypt::new(APP_ID, TOKEN, KEY, Some(OLD_KEY)).unwrap();
    for (body, json) in [(said("alice", "活动"), false), (said_in_json("活动"), true)] {
        for (slot, key) in [(0, KEY), (1, OLD_KEY)] {
            for mode in [Mode::Safe, Mode::Compat] {
                let wechat = Wechat::new(APP_ID, TOKEN, key);
                let timestamp = now().timestamp().to_string();
                let encrypt = wechat.seal(&body);
                let query = Query {
                    msg_signature: Some(wechat.msg_signature(&timestamp, "7", &encrypt)),
                    timestamp: Some(timestamp.clone()),
                    nonce: Some("7".into()),
                    ..Query::default()
                };
                let config = Endpoint {
                    crypt: crypt.clone(),
                    mode,
                    to_user_name: Some("gh_1".into()),
                };
                let envelope = json!({ "ToUserName": "gh_1", "Encrypt": encrypt }).to_string();
                let push = open(&config, &query, envelope.as_bytes(), now()).unwrap();
                assert_eq!(push.key, slot);

                let answer = seal(&config, &push, &content, SALT, now()).unwrap();
                let (encrypt, signature, at, nonce) = if json {
                    let answer: Value = serde_json::from_str(&answer.body).unwrap();
                    assert!(answer["TimeStamp"].is_i64(), "{answer}");
                    let field = |name: &str| answer[name].as_str().unwrap().to_owned();
                    (
                        field("Encrypt"),
                        field("MsgSignature"),
                        answer["TimeStamp"].to_string(),
                        field("Nonce"),
                    )
                } else {
                    let cdata = |name: &str| {
                        let open = format!("<{name}><![CDATA[");
                        between(&answer.body, &open, "]]>").to_owned()
                    };
                    (
                        cdata("Encrypt"),
                        cdata("MsgSignature"),
                        between(&answer.body, "<TimeStamp>", "</TimeStamp>").to_owned(),
                        cdata("Nonce"),
                    )
                };
                assert_eq!(
                    (at.as_str(), nonce.as_str()),
                    (timestamp.as_str(), SALT.nonce)
                );
                assert_eq!(signature, wechat.msg_signature(&at, &nonce, &encrypt));
                let opened = wechat.open(&encrypt);
                assert_eq!(opened.app_id, APP_ID);
                assert_eq!(opened.random, SALT.random16);
                assert_eq!(opened.message, plain(&push, &content));
            }
        }
    }
}
