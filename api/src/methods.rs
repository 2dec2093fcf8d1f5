//! What a path that exists says to a method it does not have: 405 with `Allow`, not 404.

use std::collections::BTreeMap;

use actix_web::dev::ResourceDef;

/// Every path of the service with its methods.
#[derive(Clone, Debug)]
pub struct Methods {
    paths: Vec<(ResourceDef, String)>,
}

impl Methods {
    /// These paths with their methods in small letters, as the description of the API has them.
    pub fn of(paths: BTreeMap<String, Vec<String>>) -> Self {
        const KNOWN: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let paths = paths.into_iter().map(|(path, methods)| {
            let there = KNOWN
                .iter()
                .filter(|&&known| methods.iter().any(|one| one == known));
            let there: Vec<String> = there.map(|known| known.to_uppercase()).collect();
            (ResourceDef::new(path), there.join(", "))
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
