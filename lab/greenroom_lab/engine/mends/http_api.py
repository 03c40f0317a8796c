"""Gap: `AWS::ApiGatewayV2::Api` ignores `Body`, the OpenAPI document SAM makes of an HttpApi: it has no routes at all.

Imports routes, integrations and authorizers from the document, `x-amazon-apigateway-authtype: awsSigv4` included:
without that, a route declared AWS_IAM is open to everyone, even with IAM enforced. A handler's exception answers
500 `{"message": "Internal Server Error"}` as AWS does, not 502 with its stack trace.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import provisioners

ANY_METHOD = "x-amazon-apigateway-any-method"
METHODS = {"get", "post", "put", "delete", "patch", "head", "options", ANY_METHOD}
Json = dict[str, Any]


def apply() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create, update = handlers["create"], handlers["update"]

    def create_with_body(logical_id: str, props: Json, stack_name: str) -> Any:
        result = create(logical_id, lift_from_body(props), stack_name)
        import_body(result[0], props.get("Body") or {})
        return result

    def update_with_body(physical_id: str, old: Json, new: Json, stack_name: str, logical_id: str | None = None) -> Any:
        result = update(physical_id, lift_from_body(old), lift_from_body(new), stack_name, logical_id=logical_id)
        import_body(result[0], new.get("Body") or {})
        return result

    handlers["create"], handlers["update"] = create_with_body, update_with_body
    hide_stack_traces()


def lift_from_body(props: Json) -> Json:
    """The properties ministack reads, with what SAM puts only into the document: name, tags and CORS."""
    body = props.get("Body")
    if not body:
        return props
    lifted = dict(props)
    lifted.setdefault("Name", (body.get("info") or {}).get("title"))
    if body.get("x-amazon-apigateway-cors"):
        lifted.setdefault("CorsConfiguration", body["x-amazon-apigateway-cors"])
    value = "x-amazon-apigateway-tag-value"
    tags = {tag["name"]: tag[value] for tag in body.get("tags", []) if value in tag}
    lifted["Tags"] = {**tags, **(props.get("Tags") or {})}
    return lifted


def import_body(api_id: str, body: Json) -> None:
    """Replace the API's routes, integrations and authorizers by those of the document."""
    if not body:
        return
    for store in (apigateway._routes, apigateway._integrations, apigateway._authorizers):
        store[api_id] = {}
    schemes = (body.get("components") or {}).get("securitySchemes") or {}
    authorizations = {name: import_scheme(api_id, name, scheme) for name, scheme in schemes.items()}
    for path, operations in (body.get("paths") or {}).items():
        for method, operation in operations.items():
            if method in METHODS:
                security = operation.get("security", body.get("security") or [])
                import_route(api_id, path, method, operation, authorization_of(security, authorizations))


def import_scheme(api_id: str, name: str, scheme: Json) -> Json:
    """The route properties that a security scheme stands for; an authorizer is created for it if it has one."""
    if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
        return {"AuthorizationType": "AWS_IAM"}
    authorizer = scheme.get("x-amazon-apigateway-authorizer")
    if not authorizer:
        # AWS refuses the import; an open route instead would be the worst reading of it.
        raise ValueError(f"security scheme {name} has neither an authorizer nor awsSigv4")
    source = authorizer.get("identitySource") or []
    jwt = authorizer.get("jwtConfiguration") or {}
    properties = {
        "ApiId": api_id,
        "Name": name,
        "AuthorizerType": authorizer["type"].upper(),
        "IdentitySource": source if isinstance(source, list) else [source],
        "AuthorizerUri": authorizer.get("authorizerUri", ""),
        "AuthorizerPayloadFormatVersion": str(authorizer.get("authorizerPayloadFormatVersion", "2.0")),
        "AuthorizerResultTtlInSeconds": authorizer.get("authorizerResultTtlInSeconds", 300),
        "EnableSimpleResponses": authorizer.get("enableSimpleResponses", False),
        "JwtConfiguration": {"Issuer": jwt.get("issuer", ""), "Audience": jwt.get("audience", [])},
    }
    authorizer_id, _ = provisioners._apigw_v2_authorizer_create(name, properties, "")
    kind = "JWT" if properties["AuthorizerType"] == "JWT" else "CUSTOM"
    return {"AuthorizationType": kind, "AuthorizerId": authorizer_id}


def authorization_of(security: list[Json], authorizations: dict[str, Json]) -> Json:
    """The route properties of an operation's `security`: the one scheme it names, with its scopes.

    Raises: ValueError for a scheme that is not declared (an open route would be the alternative).
    """
    for requirement in security:
        for name, scopes in requirement.items():
            if name not in authorizations:
                raise ValueError(f"security scheme {name} is not declared")
            return {**authorizations[name], "AuthorizationScopes": scopes}
    return {}


def import_route(api_id: str, path: str, method: str, operation: Json, authorization: Json) -> None:
    integration = operation["x-amazon-apigateway-integration"]
    properties = {
        "ApiId": api_id,
        "IntegrationType": integration["type"].upper(),
        "IntegrationUri": integration.get("uri", ""),
        "IntegrationMethod": integration.get("httpMethod", "POST"),
        "PayloadFormatVersion": str(integration.get("payloadFormatVersion", "2.0")),
        "TimeoutInMillis": integration.get("timeoutInMillis", 30000),
    }
    integration_id, _ = provisioners._apigw_v2_integration_create("", properties, "")
    verb = "ANY" if method == ANY_METHOD else method.upper()
    route_key = "$default" if path == "/$default" else f"{verb} {path}"
    route = {"ApiId": api_id, "RouteKey": route_key, "Target": f"integrations/{integration_id}", **authorization}
    provisioners._apigw_v2_route_create("", route, "")


def hide_stack_traces() -> None:
    shape = lambda_svc.lambda_execute_result_to_api_proxy_response

    def shape_without_trace(result: Json) -> Any:
        body = result.get("body")
        if result.get("error") and not result.get("throttle") and not (isinstance(body, dict) and "statusCode" in body):
            answer = {"statusCode": 500, "headers": {"Content-Type": "application/json"}}
            return {**answer, "body": '{"message":"Internal Server Error"}'}, None
        return shape(result)

    lambda_svc.lambda_execute_result_to_api_proxy_response = shape_without_trace
