//! The description of the API: made from the operations themselves, published as a file, and given
//! out by every node as it was published.

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::error::Problem;
use crate::server::{operations, outside};

/// The description as it was published, JSON compressed by gzip. A test holds it against
/// [`describe`]; a node that made it anew would keep thousands of shapes in memory that nobody asks
/// it for.
pub const PUBLISHED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

/// The description as it was published, to be read as JSON.
pub fn published() -> impl Read {
    GzDecoder::new(PUBLISHED)
}

/// The description of the operations as they are.
pub fn describe() -> utoipa::openapi::OpenApi {
    actix_web::App::new()
        .into_utoipa_app()
        .openapi(Documented::openapi())
        .configure(|on| outside(on))
        .service(utoipa_actix_web::scope("/api/v1").configure(|on| operations(on)))
        .split_for_parts()
        .1
}

/// The paths of the published description, each with its methods in small letters.
pub fn paths() -> BTreeMap<String, Vec<String>> {
    #[derive(Deserialize)]
    #[expect(
        clippy::zero_sized_map_values,
        reason = "what is described of a method is passed over, which no set can do"
    )]
    struct Published {
        paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
    }
    let published: Published =
        serde_json::from_reader(io::BufReader::new(published())).expect("a test reads it as well");
    let paths = published.paths.into_iter();
    paths
        .map(|(path, methods)| (path, methods.into_keys().collect()))
        .collect()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "邢动驿站 Xingdong Station", description = "Activities, check-in and explained scores for committees of the CPPCC."),
    components(schemas(Problem)),
    modifiers(&Bearer)
)]
struct Documented;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{
            HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        };
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
        openapi.security = Some(vec![SecurityRequirement::new("bearer", [] as [&str; 0])]);
    }
}
