"""Both authorizers: `Bearer good` for HTTP, ticket `good` for the socket."""


def http(event, context):
    allowed = event["headers"].get("authorization") == "Bearer good"
    return {"isAuthorized": allowed, "context": {"viewer": "alice", "groups": ["viewers"]} if allowed else {}}


def socket(event, context):
    ticket = event["queryStringParameters"]["ticket"]
    effect = "Allow" if ticket.startswith("good") else "Deny"
    statement = [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}]
    return {
        "principalId": ticket,
        "policyDocument": {"Version": "2012-10-17", "Statement": statement},
        "context": {"session": "ses-1", "epoch": 4},
    }
