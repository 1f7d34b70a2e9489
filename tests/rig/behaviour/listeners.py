"""Actions of listeners and rules: what AWS refuses and moto takes, and what AWS gives back in another form.

A forward to one group is given back as `TargetGroupArn` and `ForwardConfig` both. The secret of an OIDC action is never
given back; a write without it must say `UseExistingClientSecret`.
"""

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeAction

MAX_WEIGHT = 999
ROUTING = ("fixed-response", "forward", "redirect")


def install(worlds):
    create_listener, modify_listener = ELBv2Backend.create_listener, ELBv2Backend.modify_listener
    create_rule, modify_rule = ELBv2Backend.create_rule, ELBv2Backend.modify_rule
    make_action = FakeAction.__init__

    def action_as_given_back(self, data):
        make_action(self, data)
        if self.type == "forward":
            groups = self.data.get("ForwardConfig", {}).get("TargetGroups") or [
                {"TargetGroupArn": self.data["TargetGroupArn"], "Weight": 1}
            ]
            sticky = self.data.get("ForwardConfig", {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
            self.forward_config = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
            self.target_group_arn = self.TargetGroupArn = groups[0]["TargetGroupArn"] if len(groups) == 1 else None
            self.ForwardConfig = self.forward_config
        if self.type == "authenticate-oidc":
            hidden = ("ClientSecret", "UseExistingClientSecret")
            config = self.data["AuthenticateOidcConfig"]
            self.AuthenticateOidcConfig = {k: v for k, v in config.items() if k not in hidden}

    def new_listener(self, *args, **kwargs):
        _check(self, kwargs["actions"], None)
        return create_listener(self, *args, **kwargs)

    def changed_listener(self, *args, **kwargs):
        arn = kwargs.get("arn") or args[0]
        actions = kwargs.get("actions") or (args[5] if len(args) > 5 else None)
        if actions:
            _check(self, actions, self.describe_listeners(None, [arn])[0].default_actions)
        return modify_listener(self, *args, **kwargs)

    def new_rule(self, *args, **kwargs):
        _check(self, kwargs["actions"], None)
        return create_rule(self, *args, **kwargs)

    def changed_rule(self, rule_arn, conditions, actions):
        rule = self.describe_rules(None, [rule_arn])[0]
        if rule.is_default:
            raise ELBClientError("OperationNotPermitted", f"Default rule '{rule_arn}' cannot be modified")
        if actions:
            _check(self, actions, rule.actions)
        return modify_rule(self, rule_arn, conditions, actions)

    FakeAction.__init__ = action_as_given_back
    ELBv2Backend.create_listener = new_listener
    ELBv2Backend.modify_listener = changed_listener
    ELBv2Backend.create_rule = new_rule
    ELBv2Backend.modify_rule = changed_rule


def _check(backend, actions, before):
    routing = [action for action in actions if action["Type"] in ROUTING]
    last = max(actions, key=lambda action: int(action.get("Order", actions.index(action) + 1)))
    if len(routing) != 1 or last is not routing[0]:
        raise ELBClientError(
            "InvalidLoadBalancerAction", "Exactly one routing action is required, and it must be the last one"
        )
    for action in actions:
        if action["Type"] == "forward":
            _check_forward(backend, action)
        if action["Type"] == "authenticate-oidc":
            _check_secret(action, before)


def _check_forward(backend, action):
    groups = action.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
    if action.get("TargetGroupArn") and [group["TargetGroupArn"] for group in groups] != [action["TargetGroupArn"]]:
        raise ELBClientError(
            "InvalidLoadBalancerAction", "TargetGroupArn and ForwardConfig must name the same single target group"
        )
    for group in groups:
        if group["TargetGroupArn"] not in backend.target_groups:
            raise ELBClientError("TargetGroupNotFound", f"Target groups '{group['TargetGroupArn']}' not found")
        if not 0 <= int(group.get("Weight", 1)) <= MAX_WEIGHT:
            raise ELBClientError("ValidationError", f"Target group weight must be between 0 and {MAX_WEIGHT}")


def _check_secret(action, before):
    """Keeps the secret known before, as AWS does, where the write asks for it."""
    config = action["AuthenticateOidcConfig"]
    if config.get("ClientSecret"):
        return
    known = [old.data["AuthenticateOidcConfig"] for old in before or () if old.type == "authenticate-oidc"]
    if str(config.get("UseExistingClientSecret")).lower() != "true" or not known:
        raise ELBClientError("ValidationError", "A client secret must be specified")
    config["ClientSecret"] = known[0]["ClientSecret"]
