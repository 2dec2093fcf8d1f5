//! Where a capability mounts its operations: on the server, or on the description of the API.

use actix_web::dev::HttpServiceFactory;
use utoipa_actix_web::OpenApiFactory;

/// Takes operations, one after the other. What describes them is touched only where a description
/// is made: a server that runs carries none of it.
pub trait Mount {
    /// Takes an operation.
    fn service(
        &mut self,
        operation: impl HttpServiceFactory + OpenApiFactory + 'static,
    ) -> &mut Self;
}

impl Mount for actix_web::web::ServiceConfig {
    fn service(
        &mut self,
        operation: impl HttpServiceFactory + OpenApiFactory + 'static,
    ) -> &mut Self {
        self.service(operation)
    }
}

impl Mount for utoipa_actix_web::service_config::ServiceConfig<'_> {
    fn service(
        &mut self,
        operation: impl HttpServiceFactory + OpenApiFactory + 'static,
    ) -> &mut Self {
        self.service(operation)
    }
}
