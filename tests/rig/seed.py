"""One fleet good for all tests, made by boto3 calls. `fleet` answers with the ids by name.

us-east-1

- `orders`: blue 90, green 10 by the listener's default action, behind an OIDC login, sticky for an hour
- `checkout`: blue 100, green 0 by a rule; one blue instance tainted by its tag
- `payments`: two rules carry it
- `reports`: one group in the short form of a forward; the green target group in no action
- `search`: no load balancer; two instances behind their template's `$Latest`, one in standby, one protected
- `workers`: a mixed-instances policy whose overrides name two template versions
- `ingest`: a Network Load Balancer
- `legacy-batch`: a launch configuration, an image of no family
- unmanaged: one running instance with hostile text in its tags, one stopped

eu-west-1: `search` once more, small.
"""

import threading

REGION, OTHER_REGION = "us-east-1", "eu-west-1"
CERTIFICATE = "arn:aws:iam::{account}:server-certificate/rig"
CLUSTERS = (
    "orders",
    "checkout",
    "payments",
    "reports",
    "search",
    "workers",
    "ingest",
    "legacy_batch",
    "unmanaged",
)
# What XML lets through and a terminal must not get: a C1 control, bidi overrides, zero width, a flood.
HOSTILE = {
    "Name": "evil\u009b31m \u202egnp.live\u202c \u200bzero\ufeffwidth",
    "note": "\u2066isolated\u2069 " + "very long " * 400,
    "combining": "Z" + "\u0301\u0334\u0489" * 40,
    "formula": '=cmd|"/c calc"!A1, "quoted"',
}
# Made one after the other: two fleets at once take as long, and moto is not made for it.
_seeding = threading.Lock()


def fleet(account, account_id, wanted=None):
    """All of it, or only some `CLUSTERS` in one region, which takes a fraction of the time."""
    with _seeding:
        return _Seed(account, account_id).fleet(wanted)


class _Seed:
    def __init__(self, account, account_id):
        self.account, self.account_id = account, account_id
        self.at(REGION)
        kinds = ("images", "templates", "load_balancers", "target_groups", "listeners", "rules", "groups", "instances")
        self.made = {kind: {} for kind in kinds}

    def at(self, region):
        self.region = region
        self.ec2 = self.account("ec2", region)
        self.scaling = self.account("autoscaling", region)
        self.elb = self.account("elbv2", region)

    def fleet(self, wanted):
        self.network()
        self.images()
        self.templates()
        self.front_door()
        for cluster in wanted or CLUSTERS:
            getattr(self, cluster)()
        if not wanted:
            self.at(OTHER_REGION)
            self.other_region()
        return {"account": self.account_id, "regions": [REGION, OTHER_REGION], **self.made}

    # What the clusters stand on.

    def network(self):
        subnets = self.ec2.describe_subnets()["Subnets"]
        subnets = sorted(subnets, key=lambda subnet: subnet["AvailabilityZone"])[:2]
        self.vpc = subnets[0]["VpcId"]
        self.subnets = [subnet["SubnetId"] for subnet in subnets]
        group = self.ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)
        self.security_group = group["GroupId"]

    def images(self):
        old_base = self.image("al2023-base", "1.0.0", None)
        new_base = self.image("al2023-base", "1.1.0", None)
        old_web = self.image("nginx", "3.4.0", old_base)
        new_web = self.image("nginx", "3.5.0", new_base)
        for family, version, parent in (
            ("orders", "1.42.0", old_web),
            ("orders", "1.43.0", new_web),
            ("checkout", "2.7.0", new_web),
            ("payments", "5.0.1", new_web),
            ("reports", "0.3.0", new_web),
            ("reports", "0.4.0", new_web),
            ("search", "0.9.0", old_web),
            ("search", "0.9.1", new_web),
            ("workers", "7.1.0", new_web),
            ("workers", "7.2.0", new_web),
            ("ingest", "1.0.0", new_base),
        ):
            self.image(family, version, parent)
        self.made["images"]["legacy"] = self.ec2.register_image(Name="batch final FINAL 2")["ImageId"]

    def image(self, family, version, parent):
        image = self.ec2.register_image(Name=f"{family}-{version}")["ImageId"]
        tags = {"Family": family, "Version": version, "BuildId": f"build-{family}-{version}", "GitSha": "0f3a9c1"}
        if parent:
            tags["ParentImage"] = parent
        self.tag(image, tags)
        self.made["images"][f"{family}-{version}"] = image
        return image

    def tag(self, resource, tags):
        self.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])

    def templates(self):
        for family, versions in (
            ("orders", ("1.42.0", "1.43.0")),
            ("checkout", ("2.7.0",)),
            ("payments", ("5.0.1",)),
            ("reports", ("0.3.0", "0.4.0")),
            ("search", ("0.9.0",)),
            ("workers", ("7.1.0", "7.2.0")),
            ("ingest", ("1.0.0",)),
        ):
            self.template(family, versions)

    def template(self, family, versions):
        for n, version in enumerate(versions):
            data = {
                "ImageId": self.made["images"][f"{family}-{version}"],
                "InstanceType": "t3.micro",
                "KeyName": "fleet",
                "SecurityGroupIds": [self.security_group],
                "IamInstanceProfile": {"Name": "fleet-node"},
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled"},
            }
            if n == 0:
                made = self.ec2.create_launch_template(LaunchTemplateName=family, LaunchTemplateData=data)
                self.made["templates"][family] = made["LaunchTemplate"]["LaunchTemplateId"]
            else:
                self.ec2.create_launch_template_version(LaunchTemplateName=family, LaunchTemplateData=data)

    def target_group(self, name, protocol="HTTP"):
        made = self.elb.create_target_group(
            Name=name, Protocol=protocol, Port=8080, VpcId=self.vpc, TargetType="instance"
        )
        arn = self.made["target_groups"][name] = made["TargetGroups"][0]["TargetGroupArn"]
        return arn

    def group(self, name, size, cluster=None, target_group=None, **wants):
        if "template" in wants:
            wants["LaunchTemplate"] = {"LaunchTemplateName": wants.pop("template"), "Version": wants.pop("version")}
        tags = {"Environment": "test"}
        if cluster:
            tags["flightdeck:cluster"] = cluster
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=min(1, size),
            MaxSize=max(size, 1) * 3,
            DesiredCapacity=size,
            VPCZoneIdentifier=",".join(self.subnets),
            HealthCheckType="ELB" if target_group else "EC2",
            TargetGroupARNs=[target_group] if target_group else [],
            Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
            **wants,
        )
        self.note(name)

    def note(self, name):
        """Remembers the group's instances, in the order it names them."""
        group = self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
        self.made["groups"][name] = [instance["InstanceId"] for instance in group["Instances"]]

    def blue_green(self, cluster, template, blue, green):
        """Two groups of (size, template version) behind a target group each."""
        arns = []
        for colour, (size, version) in (("blue", blue), ("green", green)):
            name = f"{cluster}-{colour}"
            arns.append(self.target_group(name))
            self.group(name, size, cluster, arns[-1], template=template, version=version)
        return arns

    @staticmethod
    def forward(weights, sticky=None):
        stickiness = {"Enabled": True, "DurationSeconds": sticky} if sticky else {"Enabled": False}
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
        return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}}

    def balancer(self, name, kind):
        made = self.elb.create_load_balancer(Name=name, Subnets=self.subnets, Type=kind)
        arn = self.made["load_balancers"][name] = made["LoadBalancers"][0]["LoadBalancerArn"]
        return arn

    def rule(self, name, priority, path, actions):
        made = self.elb.create_rule(
            ListenerArn=self.made["listeners"]["edge"],
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=actions,
        )
        self.made["rules"][name] = made["Rules"][0]["RuleArn"]

    # The clusters.

    def front_door(self):
        self.edge = self.balancer("edge", "application")
        redirect = {
            "Type": "redirect",
            "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
        }
        made = self.elb.create_listener(LoadBalancerArn=self.edge, Protocol="HTTP", Port=80, DefaultActions=[redirect])
        self.made["listeners"]["redirect"] = made["Listeners"][0]["ListenerArn"]

    def orders(self):
        blue, green = self.blue_green("orders", "orders", (4, "1"), (4, "2"))
        made = self.elb.create_listener(
            LoadBalancerArn=self.edge,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": CERTIFICATE.format(account=self.account_id)}],
            DefaultActions=[
                {**self.oidc(), "Order": 1},
                {**self.forward({blue: 90, green: 10}, sticky=3600), "Order": 2},
            ],
        )
        self.made["listeners"]["edge"] = made["Listeners"][0]["ListenerArn"]
        page = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "ok"}
        self.rule("healthz", 5, "/healthz", [{"Type": "fixed-response", "FixedResponseConfig": page}])

    @staticmethod
    def oidc():
        return {
            "Type": "authenticate-oidc",
            "AuthenticateOidcConfig": {
                "Issuer": "https://login.example.com",
                "AuthorizationEndpoint": "https://login.example.com/authorize",
                "TokenEndpoint": "https://login.example.com/token",
                "UserInfoEndpoint": "https://login.example.com/userinfo",
                "ClientId": "orders",
                "ClientSecret": "never-read-back",
                "Scope": "openid",
                "SessionCookieName": "login",
                "SessionTimeout": 3600,
                "OnUnauthenticatedRequest": "authenticate",
            },
        }

    def checkout(self):
        blue, green = self.blue_green("checkout", "checkout", (3, "1"), (3, "1"))
        self.rule("checkout", 10, "/checkout/*", [self.forward({blue: 100, green: 0}, sticky=300)])
        self.tag(self.made["groups"]["checkout-blue"][0], {"flightdeck:tainted": "eve changed nginx.conf by hand"})

    def payments(self):
        blue, green = self.blue_green("payments", "payments", (2, "1"), (2, "1"))
        self.rule("payments", 20, "/pay/*", [self.forward({blue: 3, green: 1})])
        self.rule("payments-refunds", 21, "/refund/*", [self.forward({blue: 100, green: 0})])

    def reports(self):
        blue, _ = self.blue_green("reports", "reports", (2, "1"), (2, "2"))
        self.rule("reports", 30, "/reports/*", [{"Type": "forward", "TargetGroupArn": blue}])

    def search(self):
        self.group("search-v001", 2, "search", template="search", version="$Latest")
        behind = list(self.made["groups"]["search-v001"])
        self.template_version("search", "0.9.1")
        self.scaling.set_desired_capacity(AutoScalingGroupName="search-v001", DesiredCapacity=5)
        self.note("search-v001")
        standby, protected = [i for i in self.made["groups"]["search-v001"] if i not in behind][:2]
        self.scaling.enter_standby(
            AutoScalingGroupName="search-v001", InstanceIds=[standby], ShouldDecrementDesiredCapacity=True
        )
        self.scaling.set_instance_protection(
            AutoScalingGroupName="search-v001", InstanceIds=[protected], ProtectedFromScaleIn=True
        )
        self.note("search-v001")
        self.made["instances"].update({"behind": behind[0], "standby": standby, "protected": protected})

    def template_version(self, family, version):
        data = {"ImageId": self.made["images"][f"{family}-{version}"], "InstanceType": "t3.micro", "KeyName": "fleet"}
        self.ec2.create_launch_template_version(LaunchTemplateName=family, LaunchTemplateData=data)

    def workers(self):
        template = {"LaunchTemplateName": "workers", "Version": "1"}
        policy = {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": template,
                "Overrides": [
                    {"InstanceType": "c5.large"},
                    {"InstanceType": "m5.large", "LaunchTemplateSpecification": {**template, "Version": "2"}},
                ],
            },
            "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 100},
        }
        self.group("workers", 2, "workers", MixedInstancesPolicy=policy)

    def ingest(self):
        balancer = self.balancer("ingest", "network")
        weights = {}
        for colour, weight in (("blue", 80), ("green", 20)):
            arn = self.target_group(f"ingest-{colour}", "TCP")
            weights[arn] = weight
            self.group(f"ingest-{colour}", 1, "ingest", arn, template="ingest", version="1")
        forward = {
            "Type": "forward",
            "ForwardConfig": {"TargetGroups": self.forward(weights)["ForwardConfig"]["TargetGroups"]},
        }
        made = self.elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=9000, DefaultActions=[forward])
        self.made["listeners"]["ingest"] = made["Listeners"][0]["ListenerArn"]

    def legacy_batch(self):
        self.scaling.create_launch_configuration(
            LaunchConfigurationName="legacy-batch-2019",
            ImageId=self.made["images"]["legacy"],
            InstanceType="t3.micro",
        )
        self.group("legacy-batch", 1, LaunchConfigurationName="legacy-batch-2019")

    def unmanaged(self):
        image = self.made["images"]["nginx-3.4.0"]
        run = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": self.subnets[0]}
        hostile, stopped = (self.ec2.run_instances(**run)["Instances"][0]["InstanceId"] for _ in range(2))
        self.tag(hostile, HOSTILE)
        self.tag(stopped, {"Name": "kept for later"})
        self.ec2.stop_instances(InstanceIds=[stopped])
        self.made["instances"].update({"hostile": hostile, "stopped": stopped})

    def other_region(self):
        self.network()
        image = self.ec2.register_image(Name="search-0.9.1")["ImageId"]
        self.tag(image, {"Family": "search", "Version": "0.9.1"})
        data = {"ImageId": image, "InstanceType": "t3.micro"}
        self.ec2.create_launch_template(LaunchTemplateName="search", LaunchTemplateData=data)
        self.group("search-eu", 2, "search", template="search", version="1")
