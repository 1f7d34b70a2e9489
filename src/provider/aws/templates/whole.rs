//! The whole data of a launch template version, from the shape it is read in to the shape it is written in.
//!
//! AWS has two types for each part of it. What a request has no field for is what AWS alone decides: whether metadata
//! options are applied already, which address is the primary one, that a service owns it.

#![expect(deprecated, reason = "what a version has is carried, also where AWS wants no more of it")]

use aws_sdk_ec2::types as sdk;

/// `same`: fields of one type in both; `one`: a part; `all`: a list of parts.
macro_rules! carry {
    ($(
        $(#[$doc:meta])*
        $see:vis fn $name:ident($from:ident) -> $to:ident {
            $(same: $($same:ident)*;)?
            $(one: $($one:ident: $as_one:ident),*;)?
            $(all: $($all:ident: $as_all:ident),*;)?
        }
    )*) => { $(
        $(#[$doc])*
        $see fn $name(from: sdk::$from) -> sdk::$to {
            let mut to = sdk::$to::builder().build();
            $($(to.$same = from.$same;)*)?
            $($(to.$one = from.$one.map($as_one);)*)?
            $($(to.$all = from.$all.map(|all| all.into_iter().map($as_all).collect());)*)?
            to
        }
    )* };
}

carry! {
    /// All that a version has, as a new version takes it.
    pub(super) fn whole(ResponseLaunchTemplateData) -> RequestLaunchTemplateData {
        same:
            kernel_id ebs_optimized image_id instance_type key_name ram_disk_id disable_api_termination
            instance_initiated_shutdown_behavior user_data security_group_ids security_groups
            disable_api_stop;
        one:
            iam_instance_profile: iam_instance_profile_specification, monitoring: monitoring,
            placement: placement, instance_market_options: market_options,
            credit_specification: credit_specification, cpu_options: cpu_options,
            capacity_reservation_specification: capacity_reservation_specification,
            hibernation_options: hibernation_options, metadata_options: metadata_options,
            enclave_options: enclave_options, instance_requirements: instance_requirements,
            private_dns_name_options: private_dns_name_options,
            maintenance_options: maintenance_options, operator: operator,
            network_performance_options: network_performance_options;
        all:
            block_device_mappings: block_device_mapping,
            network_interfaces: network_interface_specification, tag_specifications: tag_specification,
            elastic_gpu_specifications: elastic_gpu_specification,
            elastic_inference_accelerators: elastic_inference_accelerator,
            license_specifications: license_configuration,
            secondary_interfaces: secondary_interface_specification;
    }
    fn iam_instance_profile_specification(LaunchTemplateIamInstanceProfileSpecification) -> LaunchTemplateIamInstanceProfileSpecificationRequest {
        same: arn name;
    }
    fn block_device_mapping(LaunchTemplateBlockDeviceMapping) -> LaunchTemplateBlockDeviceMappingRequest {
        same: device_name virtual_name no_device;
        one: ebs: ebs_block_device;
    }
    fn ebs_block_device(LaunchTemplateEbsBlockDevice) -> LaunchTemplateEbsBlockDeviceRequest {
        same:
            encrypted delete_on_termination iops kms_key_id snapshot_id volume_size volume_type
            throughput volume_initialization_rate ebs_card_index;
    }
    fn network_interface_specification(LaunchTemplateInstanceNetworkInterfaceSpecification) -> LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
        same:
            associate_carrier_ip_address associate_public_ip_address delete_on_termination description
            device_index groups interface_type ipv6_address_count network_interface_id
            private_ip_address private_ip_addresses secondary_private_ip_address_count subnet_id
            network_card_index ipv4_prefix_count ipv6_prefix_count primary_ipv6 ena_queue_count;
        one:
            ena_srd_specification: ena_srd_specification,
            connection_tracking_specification: connection_tracking_specification;
        all:
            ipv6_addresses: instance_ipv6_address, ipv4_prefixes: ipv4_prefix_specification,
            ipv6_prefixes: ipv6_prefix_specification;
    }
    fn instance_ipv6_address(InstanceIpv6Address) -> InstanceIpv6AddressRequest {
        same: ipv6_address;
    }
    fn ipv4_prefix_specification(Ipv4PrefixSpecificationResponse) -> Ipv4PrefixSpecificationRequest {
        same: ipv4_prefix;
    }
    fn ipv6_prefix_specification(Ipv6PrefixSpecificationResponse) -> Ipv6PrefixSpecificationRequest {
        same: ipv6_prefix;
    }
    fn ena_srd_specification(LaunchTemplateEnaSrdSpecification) -> EnaSrdSpecificationRequest {
        same: ena_srd_enabled;
        one: ena_srd_udp_specification: ena_srd_udp_specification;
    }
    fn ena_srd_udp_specification(LaunchTemplateEnaSrdUdpSpecification) -> EnaSrdUdpSpecificationRequest {
        same: ena_srd_udp_enabled;
    }
    fn connection_tracking_specification(ConnectionTrackingSpecification) -> ConnectionTrackingSpecificationRequest {
        same: tcp_established_timeout udp_timeout udp_stream_timeout;
    }
    fn monitoring(LaunchTemplatesMonitoring) -> LaunchTemplatesMonitoringRequest {
        same: enabled;
    }
    fn placement(LaunchTemplatePlacement) -> LaunchTemplatePlacementRequest {
        same:
            availability_zone availability_zone_id affinity group_name host_id tenancy spread_domain
            host_resource_group_arn partition_number group_id;
    }
    fn tag_specification(LaunchTemplateTagSpecification) -> LaunchTemplateTagSpecificationRequest {
        same: resource_type tags;
    }
    fn elastic_gpu_specification(ElasticGpuSpecificationResponse) -> ElasticGpuSpecification {
        same: r#type;
    }
    fn elastic_inference_accelerator(LaunchTemplateElasticInferenceAcceleratorResponse) -> LaunchTemplateElasticInferenceAccelerator {
        same: r#type count;
    }
    fn market_options(LaunchTemplateInstanceMarketOptions) -> LaunchTemplateInstanceMarketOptionsRequest {
        same: market_type;
        one: spot_options: spot_market_options;
    }
    fn spot_market_options(LaunchTemplateSpotMarketOptions) -> LaunchTemplateSpotMarketOptionsRequest {
        same:
            max_price spot_instance_type block_duration_minutes valid_until
            instance_interruption_behavior;
    }
    fn credit_specification(CreditSpecification) -> CreditSpecificationRequest {
        same: cpu_credits;
    }
    fn cpu_options(LaunchTemplateCpuOptions) -> LaunchTemplateCpuOptionsRequest {
        same: core_count threads_per_core amd_sev_snp nested_virtualization;
    }
    fn capacity_reservation_specification(LaunchTemplateCapacityReservationSpecificationResponse) -> LaunchTemplateCapacityReservationSpecificationRequest {
        same: capacity_reservation_preference;
        one: capacity_reservation_target: capacity_reservation_target;
    }
    fn capacity_reservation_target(CapacityReservationTargetResponse) -> CapacityReservationTarget {
        same: capacity_reservation_id capacity_reservation_resource_group_arn;
    }
    fn license_configuration(LaunchTemplateLicenseConfiguration) -> LaunchTemplateLicenseConfigurationRequest {
        same: license_configuration_arn;
    }
    fn hibernation_options(LaunchTemplateHibernationOptions) -> LaunchTemplateHibernationOptionsRequest {
        same: configured;
    }
    fn metadata_options(LaunchTemplateInstanceMetadataOptions) -> LaunchTemplateInstanceMetadataOptionsRequest {
        same:
            http_tokens http_put_response_hop_limit http_endpoint http_protocol_ipv6
            instance_metadata_tags;
    }
    fn enclave_options(LaunchTemplateEnclaveOptions) -> LaunchTemplateEnclaveOptionsRequest {
        same: enabled;
    }
    fn instance_requirements(InstanceRequirements) -> InstanceRequirementsRequest {
        same:
            cpu_manufacturers excluded_instance_types instance_generations
            spot_max_price_percentage_over_lowest_price on_demand_max_price_percentage_over_lowest_price
            bare_metal burstable_performance require_hibernate_support local_storage local_storage_types
            accelerator_types accelerator_manufacturers accelerator_names allowed_instance_types
            max_spot_price_as_percentage_of_optimal_on_demand_price require_encryption_in_transit;
        one:
            v_cpu_count: v_cpu_count_range, memory_mib: memory_mib,
            memory_gib_per_v_cpu: memory_gib_per_v_cpu,
            network_interface_count: network_interface_count,
            total_local_storage_gb: total_local_storage_gb,
            baseline_ebs_bandwidth_mbps: baseline_ebs_bandwidth_mbps,
            accelerator_count: accelerator_count,
            accelerator_total_memory_mib: accelerator_total_memory_mib,
            network_bandwidth_gbps: network_bandwidth_gbps,
            baseline_performance_factors: baseline_performance_factors;
    }
    fn v_cpu_count_range(VCpuCountRange) -> VCpuCountRangeRequest {
        same: min max;
    }
    fn memory_mib(MemoryMiB) -> MemoryMiBRequest {
        same: min max;
    }
    fn memory_gib_per_v_cpu(MemoryGiBPerVCpu) -> MemoryGiBPerVCpuRequest {
        same: min max;
    }
    fn network_interface_count(NetworkInterfaceCount) -> NetworkInterfaceCountRequest {
        same: min max;
    }
    fn total_local_storage_gb(TotalLocalStorageGb) -> TotalLocalStorageGbRequest {
        same: min max;
    }
    fn baseline_ebs_bandwidth_mbps(BaselineEbsBandwidthMbps) -> BaselineEbsBandwidthMbpsRequest {
        same: min max;
    }
    fn accelerator_count(AcceleratorCount) -> AcceleratorCountRequest {
        same: min max;
    }
    fn accelerator_total_memory_mib(AcceleratorTotalMemoryMiB) -> AcceleratorTotalMemoryMiBRequest {
        same: min max;
    }
    fn network_bandwidth_gbps(NetworkBandwidthGbps) -> NetworkBandwidthGbpsRequest {
        same: min max;
    }
    fn baseline_performance_factors(BaselinePerformanceFactors) -> BaselinePerformanceFactorsRequest {
        one: cpu: cpu_performance_factor;
    }
    fn cpu_performance_factor(CpuPerformanceFactor) -> CpuPerformanceFactorRequest {
        all: references: performance_factor_reference;
    }
    fn performance_factor_reference(PerformanceFactorReference) -> PerformanceFactorReferenceRequest {
        same: instance_family;
    }
    fn private_dns_name_options(LaunchTemplatePrivateDnsNameOptions) -> LaunchTemplatePrivateDnsNameOptionsRequest {
        same: hostname_type enable_resource_name_dns_a_record enable_resource_name_dns_aaaa_record;
    }
    fn maintenance_options(LaunchTemplateInstanceMaintenanceOptions) -> LaunchTemplateInstanceMaintenanceOptionsRequest {
        same: auto_recovery;
    }
    fn operator(OperatorResponse) -> OperatorRequest {
        same: principal;
    }
    fn network_performance_options(LaunchTemplateNetworkPerformanceOptions) -> LaunchTemplateNetworkPerformanceOptionsRequest {
        same: bandwidth_weighting;
    }
    fn secondary_interface_specification(LaunchTemplateInstanceSecondaryInterfaceSpecification) -> LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest {
        same:
            delete_on_termination device_index private_ip_address_count secondary_subnet_id
            interface_type network_card_index;
        all: private_ip_addresses: secondary_interface_private_ip_address_specification;
    }
    fn secondary_interface_private_ip_address_specification(SecondaryInterfacePrivateIpAddressSpecification) -> SecondaryInterfacePrivateIpAddressSpecificationRequest {
        same: private_ip_address;
    }
}
