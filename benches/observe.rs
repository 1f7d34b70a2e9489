//! How much a complete look costs over bare SDK calls for the same pages, side by side in one run.
//!
//! 5,000 instances in 200 groups, 200 target groups, 50 load balancers, 100 listeners, from a small server in this
//! process that answers with pages rendered before. `cargo bench --bench observe` prints the figures and fails where
//! a look takes more than 1.3 times as long.

#![expect(clippy::disallowed_methods, reason = "a bench measures time, runs a server and has bare clients")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use flightdeck::fleet::{Naming, Scope};
use flightdeck::provider::aws::{Aws, Settings};
use flightdeck::provider::{Clock, Observer};
use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const GROUPS: usize = 200;
const PER_GROUP: usize = 25;
const PAGE: usize = 1000;
const GROUP_PAGE: usize = 100;
const LOAD_BALANCERS: usize = 50;
const LISTENERS_EACH: usize = 2;
/// Calls at once, as many as a look has.
const AT_ONCE: usize = 16;
const ROUNDS: usize = 9;
const LIMIT: f64 = 1.3;
const ELB: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

struct WallClock;

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// What the credential chain reads; the server in this process knows nobody.
const CREDENTIALS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "bench"), ("AWS_SECRET_ACCESS_KEY", "bench")];

fn main() {
    // The environment of a running process cannot be changed safely: where it lacks these, a child has them.
    if CREDENTIALS.iter().any(|(name, value)| std::env::var(name).as_deref() != Ok(*value)) {
        let program = std::env::current_exe().expect("the path of this program");
        let mut child = std::process::Command::new(program);
        // A profile or a token of whoever runs it has no part in this.
        for name in ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL"] {
            child.env_remove(name);
        }
        let ended = child.args(std::env::args_os().skip(1)).envs(CREDENTIALS).status();
        let ended = ended.expect("this program again");
        std::process::exit(ended.code().unwrap_or(1));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let ratio = runtime.block_on(compare());
    println!("ratio {ratio:.2} (limit {LIMIT})");
    assert!(ratio <= LIMIT, "a look takes {ratio:.2} times as long as bare calls");
}

async fn compare() -> f64 {
    let pages = Arc::new(Pages::render());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(serve(listener, Arc::clone(&pages)));
    let (mut looks, mut bares) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let settings = Settings {
            endpoint_url: Some(url.clone()),
            regions: vec!["eu-west-1".into()],
            ..Settings::default()
        };
        let aws = Aws::new(settings, Naming::default(), Arc::new(WallClock));
        aws.identity().await.expect("an identity");
        let begun = Instant::now();
        let fleet = aws.observe(&Scope::Complete).await.expect("a fleet");
        let look = begun.elapsed();
        assert_eq!(fleet.gaps, []);
        assert_eq!(fleet.instances().count(), GROUPS * PER_GROUP);
        let calls = aws.calls_last_minute();

        let bare = Bare::new(&url).await;
        let begun = Instant::now();
        let bare_calls = bare.ask(&pages).await;
        let plain = begun.elapsed();
        println!("round {round}: look {look:?} ({calls} calls), bare {plain:?} ({bare_calls} calls)");
        looks.push(look);
        bares.push(plain);
    }
    looks.sort();
    bares.sort();
    println!("median: look {:?}, bare {:?}", looks[ROUNDS / 2], bares[ROUNDS / 2]);
    looks[ROUNDS / 2].as_secs_f64() / bares[ROUNDS / 2].as_secs_f64()
}

/// Bare SDK clients, asked for the same pages with as many calls at once.
struct Bare {
    ec2: aws_sdk_ec2::Client,
    autoscaling: aws_sdk_autoscaling::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
}

impl Bare {
    async fn new(url: &str) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
                aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
            ))
            .build_https();
        let config = aws_config::defaults(aws_config::BehaviorVersion::v2026_01_12())
            .http_client(http)
            .endpoint_url(url)
            .region(aws_config::Region::new("eu-west-1"))
            .load()
            .await;
        let bare = Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            autoscaling: aws_sdk_autoscaling::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
        };
        // Credentials and the first connection are no part of the measure, as in a look.
        bare.elb.describe_load_balancers().send().await.expect("an answer");
        bare
    }

    async fn ask(&self, pages: &Pages) -> usize {
        let lists: Vec<BoxFuture<'_, usize>> = vec![
            self.instances().boxed(),
            self.statuses().boxed(),
            self.metadata().boxed(),
            self.groups().boxed(),
            async {
                self.elb.describe_load_balancers().page_size(400).send().await.expect("an answer");
                self.elb.describe_target_groups().page_size(400).send().await.expect("an answer");
                self.ec2.describe_images().owners("self").send().await.expect("an answer");
                self.ec2.describe_replace_root_volume_tasks().send().await.expect("an answer");
                for resolved in [false, true] {
                    let versions = self.ec2.describe_launch_template_versions().resolve_alias(resolved);
                    versions.versions("$Latest").versions("$Default").send().await.expect("an answer");
                }
                self.autoscaling.describe_policies().send().await.expect("an answer");
                self.autoscaling.describe_scheduled_actions().send().await.expect("an answer");
                8
            }
            .boxed(),
        ];
        let things = stream::iter(self.things(pages)).buffer_unordered(AT_ONCE).count();
        let (lists, things) = futures_util::future::join(join_all(lists), things).await;
        lists.iter().sum::<usize>() + things
    }

    async fn instances(&self) -> usize {
        let (mut token, mut calls) = (None, 0);
        loop {
            let page = self.ec2.describe_instances().max_results(1000).set_next_token(token).send().await;
            calls += 1;
            token = page.expect("a page").next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return calls;
            }
        }
    }

    async fn statuses(&self) -> usize {
        let (mut token, mut calls) = (None, 0);
        loop {
            let page =
                self.ec2.describe_instance_status().max_results(1000).set_next_token(token).send().await;
            calls += 1;
            token = page.expect("a page").next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return calls;
            }
        }
    }

    async fn metadata(&self) -> usize {
        let (mut token, mut calls) = (None, 0);
        loop {
            let page = self
                .ec2
                .describe_instance_image_metadata()
                .max_results(1000)
                .set_next_token(token)
                .send()
                .await;
            calls += 1;
            token = page.expect("a page").next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return calls;
            }
        }
    }

    async fn groups(&self) -> usize {
        let (mut token, mut calls) = (None, 0);
        loop {
            let page = self
                .autoscaling
                .describe_auto_scaling_groups()
                .max_records(100)
                .set_next_token(token)
                .send()
                .await;
            calls += 1;
            token = page.expect("a page").next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return calls;
            }
        }
    }

    fn things<'a>(&'a self, pages: &'a Pages) -> Vec<BoxFuture<'a, ()>> {
        let mut things: Vec<BoxFuture<'a, ()>> = Vec::new();
        for arn in &pages.load_balancers {
            let call = self.elb.describe_listeners().load_balancer_arn(arn);
            things.push(call.send().map(|answer| drop(answer.expect("an answer"))).boxed());
        }
        for arn in &pages.listeners {
            let call = self.elb.describe_rules().listener_arn(arn);
            things.push(call.send().map(|answer| drop(answer.expect("an answer"))).boxed());
        }
        for arn in &pages.target_groups {
            let call = self.elb.describe_target_health().target_group_arn(arn);
            things.push(call.send().map(|answer| drop(answer.expect("an answer"))).boxed());
            let call = self.elb.describe_target_group_attributes().target_group_arn(arn);
            things.push(call.send().map(|answer| drop(answer.expect("an answer"))).boxed());
        }
        for name in &pages.groups {
            let call = self.autoscaling.describe_instance_refreshes().auto_scaling_group_name(name);
            things.push(call.send().map(|answer| drop(answer.expect("an answer"))).boxed());
        }
        things
    }
}

/// Every answer, rendered before: by operation and what it is about (a token, an ARN, a name).
struct Pages {
    bodies: HashMap<(String, String), Vec<u8>>,
    groups: Vec<String>,
    target_groups: Vec<String>,
    load_balancers: Vec<String>,
    listeners: Vec<String>,
}

fn wrapped(operation: &str, result: &str) -> Vec<u8> {
    format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>")
        .into()
}

fn group_name(n: usize) -> String {
    format!("service-{:03}-{}", n / 2, if n.is_multiple_of(2) { "blue" } else { "green" })
}

fn target_group(n: usize) -> String {
    format!("{ELB}:targetgroup/{}/{n:016x}", group_name(n))
}

fn id(n: usize) -> String {
    format!("i-{n:017x}")
}

fn image(group: usize) -> String {
    format!("ami-{:017x}", group / 2)
}

fn tags() -> String {
    (0..10)
        .map(|n| format!("<item><key>tag-{n}</key><value>a value of some length {n}</value></item>"))
        .collect::<Vec<_>>()
        .concat()
}

impl Pages {
    fn render() -> Self {
        let load_balancers: Vec<String> =
            (0..LOAD_BALANCERS).map(|n| format!("{ELB}:loadbalancer/app/edge-{n}/{n:016x}")).collect();
        let listeners: Vec<String> = (0..LOAD_BALANCERS * LISTENERS_EACH)
            .map(|n| format!("{ELB}:listener/app/edge-{0}/{0:016x}/{n:016x}", n / LISTENERS_EACH))
            .collect();
        let mut pages = Self {
            bodies: HashMap::new(),
            groups: (0..GROUPS).map(group_name).collect(),
            target_groups: (0..GROUPS).map(target_group).collect(),
            load_balancers,
            listeners,
        };
        pages.put(
            "GetCallerIdentity",
            "",
            wrapped(
                "GetCallerIdentity",
                "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me</Arn>",
            ),
        );
        pages.compute();
        pages.about_instances();
        pages.origins();
        pages.scaling();
        pages.balancing();
        pages
    }

    fn put(&mut self, operation: &str, about: &str, body: Vec<u8>) {
        self.bodies.insert((operation.to_owned(), about.to_owned()), body);
    }

    /// Puts a list of things in pages, each naming the next.
    fn list(
        &mut self,
        operation: &str,
        things: &[String],
        page: usize,
        around: impl Fn(&str, &str) -> Vec<u8>,
    ) {
        let count = things.len().div_ceil(page);
        for (n, part) in things.chunks(page).enumerate() {
            let token = if n == 0 { String::new() } else { n.to_string() };
            let next = if n + 1 < count { (n + 1).to_string() } else { String::new() };
            let body = around(&part.concat(), &next);
            self.put(operation, &token, body);
        }
    }

    fn compute(&mut self) {
        let all: Vec<usize> = (0..GROUPS * PER_GROUP).collect();
        let tags = tags();
        let instances: Vec<String> = all
            .iter()
            .map(|&n| {
                let group = n / PER_GROUP;
                format!(
                    "<item><reservationId>r-{n:017x}</reservationId><ownerId>123456789012</ownerId><groupSet/>\
                     <instancesSet><item><instanceId>{}</instanceId><imageId>{}</imageId><instanceState>\
                     <code>16</code><name>running</name></instanceState><privateDnsName>ip.eu-west-1.internal\
                     </privateDnsName><keyName>ops</keyName><instanceType>m7g.large</instanceType>\
                     <launchTime>2026-01-01T00:00:00.000Z</launchTime><placement><availabilityZone>eu-west-1a\
                     </availabilityZone><tenancy>default</tenancy></placement><monitoring><state>disabled</state>\
                     </monitoring><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
                     <privateIpAddress>10.0.0.1</privateIpAddress><groupSet><item><groupId>sg-1</groupId>\
                     <groupName>web</groupName></item></groupSet><architecture>arm64</architecture>\
                     <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId>\
                     <status>attached</status><deleteOnTermination>true</deleteOnTermination></ebs></item>\
                     </blockDeviceMapping><tagSet>{tags}<item><key>aws:autoscaling:groupName</key><value>{}</value>\
                     </item></tagSet><metadataOptions><state>applied</state><httpTokens>required</httpTokens>\
                     <httpPutResponseHopLimit>1</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>\
                     </metadataOptions></item></instancesSet></item>",
                    id(n),
                    image(group),
                    group_name(group)
                )
            })
            .collect();
        self.list("DescribeInstances", &instances, PAGE, |items, next| {
            format!(
                "<DescribeInstancesResponse><reservationSet>{items}</reservationSet><nextToken>{next}</nextToken>\
                 </DescribeInstancesResponse>"
            )
            .into()
        });
    }

    fn about_instances(&mut self) {
        let all = 0..GROUPS * PER_GROUP;
        let statuses: Vec<String> = all
            .clone()
            .map(|n| {
                format!(
                    "<item><instanceId>{}</instanceId><systemStatus><status>ok</status></systemStatus>\
                     <instanceStatus><status>ok</status></instanceStatus></item>",
                    id(n)
                )
            })
            .collect();
        self.list("DescribeInstanceStatus", &statuses, PAGE, |items, next| {
            format!(
                "<DescribeInstanceStatusResponse><instanceStatusSet>{items}</instanceStatusSet>\
                 <nextToken>{next}</nextToken></DescribeInstanceStatusResponse>"
            )
            .into()
        });
        let metadata: Vec<String> = all
            .map(|n| {
                format!(
                    "<item><instanceId>{}</instanceId><imageMetadata><imageId>{}</imageId><name>service-1.0.0</name>\
                     <imageState>available</imageState></imageMetadata></item>",
                    id(n),
                    image(n / PER_GROUP)
                )
            })
            .collect();
        self.list("DescribeInstanceImageMetadata", &metadata, PAGE, |items, next| {
            format!(
                "<DescribeInstanceImageMetadataResponse><instanceImageMetadataSet>{items}\
                 </instanceImageMetadataSet><nextToken>{next}</nextToken></DescribeInstanceImageMetadataResponse>"
            )
            .into()
        });
    }

    fn origins(&mut self) {
        let tags = tags();
        let images: Vec<String> = (0..GROUPS)
            .step_by(2)
            .map(|n| {
                format!(
                    "<item><imageId>{}</imageId><name>service-{n}-1.0.0</name><imageOwnerId>123456789012</imageOwnerId>\
                     <imageState>available</imageState><tagSet>{tags}</tagSet></item>",
                    image(n)
                )
            })
            .collect();
        self.list("DescribeImages", &images, PAGE, |items, _| {
            format!("<DescribeImagesResponse><imagesSet>{items}</imagesSet></DescribeImagesResponse>").into()
        });
        for operation in ["DescribePolicies", "DescribeScheduledActions"] {
            self.put(operation, "", wrapped(operation, ""));
        }
        self.put("DescribeReplaceRootVolumeTasks", "", b"<DescribeReplaceRootVolumeTasksResponse/>".to_vec());
        let versions: Vec<String> = (0..GROUPS)
            .map(|n| {
                format!(
                    "<item><launchTemplateId>lt-{n:017x}</launchTemplateId><launchTemplateName>{}</launchTemplateName>\
                     <versionNumber>7</versionNumber><defaultVersion>true</defaultVersion><launchTemplateData>\
                     <imageId>{}</imageId><instanceType>m7g.large</instanceType></launchTemplateData></item>",
                    group_name(n),
                    image(n)
                )
            })
            .collect();
        self.list("DescribeLaunchTemplateVersions", &versions, PAGE, |items, _| {
            format!(
                "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>{items}\
                 </launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
            )
            .into()
        });
    }

    fn scaling(&mut self) {
        let groups: Vec<String> = (0..GROUPS)
            .map(|group| {
                let template = format!(
                    "<LaunchTemplate><LaunchTemplateId>lt-{group:017x}</LaunchTemplateId><Version>7</Version>\
                     </LaunchTemplate>"
                );
                let members: Vec<String> = (group * PER_GROUP..(group + 1) * PER_GROUP)
                    .map(|n| {
                        format!(
                            "<member><InstanceId>{}</InstanceId><InstanceType>m7g.large</InstanceType>\
                             <AvailabilityZone>eu-west-1a</AvailabilityZone><LifecycleState>InService</LifecycleState>\
                             <HealthStatus>Healthy</HealthStatus>{template}\
                             <ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>",
                            id(n)
                        )
                    })
                    .collect();
                format!(
                    "<member><AutoScalingGroupName>{}</AutoScalingGroupName>{template}<MinSize>0</MinSize>\
                     <MaxSize>50</MaxSize><DesiredCapacity>25</DesiredCapacity><TargetGroupARNs><member>{}</member>\
                     </TargetGroupARNs><Instances>{}</Instances></member>",
                    group_name(group),
                    target_group(group),
                    members.concat()
                )
            })
            .collect();
        self.list("DescribeAutoScalingGroups", &groups, GROUP_PAGE, |members, next| {
            let result =
                format!("<AutoScalingGroups>{members}</AutoScalingGroups><NextToken>{next}</NextToken>");
            wrapped("DescribeAutoScalingGroups", &result)
        });
        for name in self.groups.clone() {
            let result = format!(
                "<InstanceRefreshes><member><InstanceRefreshId>r-1</InstanceRefreshId>\
                 <AutoScalingGroupName>{name}</AutoScalingGroupName><Status>Successful</Status>\
                 <PercentageComplete>100</PercentageComplete></member></InstanceRefreshes>"
            );
            self.put("DescribeInstanceRefreshes", &name, wrapped("DescribeInstanceRefreshes", &result));
        }
    }

    fn balancing(&mut self) {
        let members: Vec<String> = self
            .load_balancers
            .iter()
            .map(|arn| {
                format!(
                    "<member><LoadBalancerArn>{arn}</LoadBalancerArn><LoadBalancerName>edge</LoadBalancerName>\
                     <Type>application</Type><State><Code>active</Code></State></member>"
                )
            })
            .collect();
        let result = format!("<LoadBalancers>{}</LoadBalancers>", members.concat());
        self.put("DescribeLoadBalancers", "", wrapped("DescribeLoadBalancers", &result));
        let members: Vec<String> = (0..GROUPS)
            .map(|n| {
                format!(
                    "<member><TargetGroupArn>{}</TargetGroupArn><TargetGroupName>{}</TargetGroupName>\
                     <TargetType>instance</TargetType></member>",
                    target_group(n),
                    group_name(n)
                )
            })
            .collect();
        let result = format!("<TargetGroups>{}</TargetGroups>", members.concat());
        self.put("DescribeTargetGroups", "", wrapped("DescribeTargetGroups", &result));
        for (n, load_balancer) in self.load_balancers.clone().into_iter().enumerate() {
            let own = n * LISTENERS_EACH..(n + 1) * LISTENERS_EACH;
            let members: Vec<String> = own
                .map(|n| {
                    format!(
                        "<member><ListenerArn>{}</ListenerArn><LoadBalancerArn>{load_balancer}</LoadBalancerArn>\
                         <Port>443</Port><Protocol>HTTPS</Protocol><DefaultActions>{}</DefaultActions></member>",
                        self.listeners[n],
                        forward(n)
                    )
                })
                .collect();
            let result = format!("<Listeners>{}</Listeners>", members.concat());
            self.put("DescribeListeners", &load_balancer, wrapped("DescribeListeners", &result));
        }
        for (n, listener) in self.listeners.clone().into_iter().enumerate() {
            let result = format!(
                "<Rules><member><RuleArn>{}/1</RuleArn><Priority>default</Priority><IsDefault>true</IsDefault>\
                 <Actions>{}</Actions></member></Rules>",
                listener.replace(":listener/", ":listener-rule/"),
                forward(n)
            );
            self.put("DescribeRules", &listener, wrapped("DescribeRules", &result));
        }
        for (n, arn) in self.target_groups.clone().into_iter().enumerate() {
            let targets: Vec<String> = (n * PER_GROUP..(n + 1) * PER_GROUP)
                .map(|n| {
                    format!(
                        "<member><Target><Id>{}</Id><Port>80</Port></Target><TargetHealth><State>healthy</State>\
                         </TargetHealth></member>",
                        id(n)
                    )
                })
                .collect();
            let result = format!("<TargetHealthDescriptions>{}</TargetHealthDescriptions>", targets.concat());
            self.put("DescribeTargetHealth", &arn, wrapped("DescribeTargetHealth", &result));
            let attributes: String =
                [("deregistration_delay.timeout_seconds", "300"), ("stickiness.enabled", "false")]
                    .map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>"))
                    .concat();
            let result = format!("<Attributes>{attributes}</Attributes>");
            self.put(
                "DescribeTargetGroupAttributes",
                &arn,
                wrapped("DescribeTargetGroupAttributes", &result),
            );
        }
    }

    /// The answer to a request in the query protocol.
    fn answer(&self, body: &str) -> &[u8] {
        let mut operation = "";
        let mut about = String::new();
        for (name, value) in body.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "Action" => operation = value,
                "NextToken"
                | "LoadBalancerArn"
                | "ListenerArn"
                | "TargetGroupArn"
                | "AutoScalingGroupName" => {
                    about = value.replace("%3A", ":").replace("%2F", "/");
                }
                _ => {}
            }
        }
        let found = self.bodies.get(&(operation.to_owned(), about.clone()));
        found.unwrap_or_else(|| panic!("no page for {operation} {about}"))
    }
}

fn forward(n: usize) -> String {
    let members = [2 * n, 2 * n + 1].map(|n| {
        format!("<member><TargetGroupArn>{}</TargetGroupArn><Weight>50</Weight></member>", target_group(n))
    });
    format!(
        "<member><Type>forward</Type><Order>1</Order><ForwardConfig><TargetGroups>{}</TargetGroups></ForwardConfig>\
         </member>",
        members.concat()
    )
}

async fn serve(listener: TcpListener, pages: Arc<Pages>) {
    while let Ok((connection, _)) = listener.accept().await {
        tokio::spawn(converse(connection, Arc::clone(&pages)));
    }
}

/// HTTP/1.1 with a connection that is kept, as far as the SDK speaks it.
async fn converse(mut connection: TcpStream, pages: Arc<Pages>) {
    let _ = connection.set_nodelay(true);
    let mut read = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if connection.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let end = head + length.unwrap_or(0);
        while read.len() < end {
            if connection.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = String::from_utf8_lossy(&read[head..end]).into_owned();
        read.drain(..end);
        let answer = pages.answer(&body);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", answer.len());
        if connection.write_all(head.as_bytes()).await.is_err() || connection.write_all(answer).await.is_err()
        {
            return;
        }
    }
}
