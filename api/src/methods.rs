//! What a path that exists says to a method it does not have: 405 with `Allow`, not 404.

use actix_web::dev::ResourceDef;
use utoipa::openapi::OpenApi;

/// Every path of the service with its methods.
#[derive(Clone, Debug)]
pub struct Methods {
    paths: Vec<(ResourceDef, String)>,
}

impl Methods {
    /// As the description of the API has them.
    pub fn of(description: &OpenApi) -> Self {
        let paths = description.paths.paths.iter().map(|(path, item)| {
            let methods = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            let there: Vec<_> = methods
                .into_iter()
                .filter(|(_, there)| *there)
                .map(|(method, _)| method)
                .collect();
            (ResourceDef::new(path.as_str()), there.join(", "))
        });
        Self {
            paths: paths.collect(),
        }
    }

    /// The methods of the path, for the `Allow` header, if there is such a path.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        self.paths
            .iter()
            .find(|(pattern, _)| pattern.is_match(path))
            .map(|(_, methods)| methods.as_str())
    }
}
