metadata description = 'Files of MCMS: staging (what a client is writing) and content (verified, addressed by digest, never overwritten).'

@description('Name of the storage account.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Web origins of the console; empty: no cross-origin access.')
param consoleOrigins array

@description('Object id of the function app identity.')
param functionsPrincipalId string

@description('Days a staging blob may lie untouched before it is deleted.')
param stagingDays int = 7

@description('Days a deleted blob or container can be brought back.')
param softDeleteDays int = 14

var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageBlobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
// The same file tells the local stack which containers to make.
var containerNames = loadJsonContent('../blob-containers.json')

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    // Every SAS is signed with a user delegation key: no account key can sign one, or leak.
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    // Browsers and workstations write to their staging blob directly.
    publicNetworkAccess: 'Enabled'
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    cors: {
      corsRules: empty(consoleOrigins)
        ? []
        : [
            {
              allowedOrigins: consoleOrigins
              allowedMethods: ['GET', 'HEAD', 'PUT', 'OPTIONS']
              allowedHeaders: ['content-type', 'content-md5', 'range', 'if-match', 'if-none-match', 'x-ms-*']
              exposedHeaders: ['accept-ranges', 'content-length', 'content-range', 'etag', 'x-ms-*']
              maxAgeInSeconds: 3600
            }
          ]
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = [
  for containerName in containerNames: {
    parent: blobService
    name: containerName
    properties: { publicAccess: 'None' }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-abandoned-staging'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['staging/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: stagingDays } } }
          }
        }
      ]
    }
  }
  dependsOn: [blobService]
}

// Data rights on the two containers only, not on whatever else this account may hold one day.
resource containerRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (containerName, index) in containerNames: {
    name: guid(account.id, containerName, functionsPrincipalId, storageBlobDataContributor)
    scope: containers[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

// User delegation keys are given by the account, so that right cannot be narrowed to a container.
resource delegatorRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, functionsPrincipalId, storageBlobDelegator)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDelegator)
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
