//! Who reads the rules, and whom the rules let see a sheet.

use serde_json::json;
use tests::TestApp;

use super::{adopted, draft, small};

#[actix_web::test]
async fn everybody_with_a_seat_reads_and_only_the_office_writes() {
    let t = TestApp::start().await;
    let path = draft(&t, &small(1, "7", "60")).await;
    let text = json!({ "text": small(2, "7", "60") });

    for (who, read, write) in [
        ("chen", 200, 403),
        ("alice", 200, 403),
        ("staff1", 200, 403),
        ("leader", 200, 403),
        ("auditor", 200, 403),
        ("admin", 403, 403),
    ] {
        assert_eq!(t.get(who, &path).await.0, read, "{who}");
        assert_eq!(t.get(who, "/rulebooks/default").await.0, read, "{who}");
        assert_eq!(
            t.post(who, "/rulebooks", text.clone()).await.0,
            write,
            "{who}"
        );
    }
    for who in ["chen", "alice", "staff1"] {
        let (status, _) = t.post(who, &format!("{path}/preview"), json!({})).await;
        assert_eq!(status, 403, "{who}");
    }
    // Another committee knows nothing of it.
    for step in ["", "/propose", "/withdraw", "/preview"] {
        let (status, _) = match step {
            "" => t.get("x-office", &path).await,
            "/propose" => {
                let body = json!({ "effective_from": "2027-01-01" });
                t.post("x-office", &format!("{path}/propose"), body).await
            }
            _ => {
                t.post("x-office", &format!("{path}{step}"), json!({}))
                    .await
            }
        };
        assert_eq!(status, 404, "{step}");
    }
    assert_eq!(t.get("chen", "/rulebooks/seven_ones").await.0, 404);
}

#[actix_web::test]
async fn a_sheet_is_seen_by_whom_the_rules_let_see_it() {
    let t = TestApp::start().await;
    let chen = format!("/members/{}/score", t.members["chen"]);
    let hu = format!("/members/{}/score", t.members["hu"]);
    let status = async |who: &str, path: &str| t.get(who, path).await.0;
    // Nothing said: the member himself, and those who answer for all.
    assert_eq!(status("chen", &chen).await, 200);
    assert_eq!(status("alice", &chen).await, 403);
    assert_eq!(status("staff1", &chen).await, 403);

    let open = format!(
        "{}\n[visibility]\nsheets = [\"own\", \"convener\"]\n",
        small(1, "7", "60")
    );
    adopted(&t, &open, "2026-01-01").await;
    assert_eq!(status("alice", &chen).await, 200);
    assert_eq!(status("staff1", &chen).await, 403);
    // A convener of another group, and a member of another one.
    assert_ne!(status("alice", &hu).await, 200);
    assert_ne!(status("chen", &hu).await, 200);

    let wide = format!(
        "{}\n[visibility]\nsheets = [\"group\", \"staff\"]\n",
        small(2, "7", "60")
    );
    adopted(&t, &wide, "2027-01-01").await;
    t.set("2027-03-01T09:00:00+08:00");
    assert_eq!(status("staff1", &chen).await, 200);
    assert_eq!(status("admin", &chen).await, 404);
    assert_ne!(status("chen", &hu).await, 200);
    let office = t.see("office", &chen).await;
    assert_eq!(t.see("staff1", &chen).await["total"], office["total"]);
}
